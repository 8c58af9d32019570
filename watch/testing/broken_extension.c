// An extension module with the mistakes that people make, each in a function of its own.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

// A whole block of its size class: the byte behind it is its neighbour's.
enum { size = 496, attempts = 256 };

// Two blocks, the second right behind the first (and behind the guard of the first, if there is one). The
// others that were tried are never freed.
static int neighbours(char** first, char** second) {
  *first = PyObject_Malloc(size);
  for (int i = 0; i < attempts && *first != NULL; ++i) {
    *second = PyObject_Malloc(size);
    if (*second == *first + size || *second == *first + size + 16) return 1;
    *first = *second;
  }
  PyErr_SetString(PyExc_MemoryError, "no neighbours");
  return 0;
}

static PyObject* write_past_before_free_block(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  char *first, *second;
  if (!neighbours(&first, &second)) return NULL;
  PyObject_Free(second);
  first[size] = 'X';
  Py_RETURN_NONE;
}

static PyObject* write_past_before_live_block(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  char *first, *second;
  if (!neighbours(&first, &second)) return NULL;
  first[size] = 'X';
  Py_RETURN_NONE;
}

// The end of a text, forgotten in the size of its copy.
static PyObject* copy_text(PyObject* self, PyObject* text) {
  (void)self;
  Py_ssize_t length;
  const char* const bytes = PyUnicode_AsUTF8AndSize(text, &length);
  if (bytes == NULL) return NULL;
  char* const copy = PyMem_Malloc((size_t)length);
  if (copy == NULL) return PyErr_NoMemory();
  memcpy(copy, bytes, (size_t)length + 1);
  PyObject* const result = PyUnicode_FromString(copy);
  PyMem_Free(copy);
  return result;
}

static PyObject* free_twice(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  char *first, *second;
  if (!neighbours(&first, &second)) return NULL;
  PyObject_Free(first);
  PyObject_Free(second);
  PyObject_Free(first);
  Py_RETURN_NONE;
}

static PyObject* free_inside(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  char* const block = PyMem_Malloc(size);
  if (block == NULL) return PyErr_NoMemory();
  PyMem_Free(block + 16);
  Py_RETURN_NONE;
}

static PyObject* write_after_free(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  char *first, *second;
  if (!neighbours(&first, &second)) return NULL;
  PyObject_Free(first);
  memset(first, 0xAB, 8);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"write_past_before_free_block", write_past_before_free_block, METH_NOARGS, NULL},
    {"write_past_before_live_block", write_past_before_live_block, METH_NOARGS, NULL},
    {"copy_text", copy_text, METH_O, NULL},
    {"free_twice", free_twice, METH_NOARGS, NULL},
    {"free_inside", free_inside, METH_NOARGS, NULL},
    {"write_after_free", write_after_free, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "broken_extension", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_broken_extension(void) {
  return PyModule_Create(&module);
}
