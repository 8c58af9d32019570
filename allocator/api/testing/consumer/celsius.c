/* Degrees Fahrenheit in Celsius, with a variable of each kind of storage: static, automatic, and in the heap,
 * which is the allocator's. Prints the values and where each kind lives. */
#include <pymalloc.h>
#include <stdio.h>
#include <stdlib.h>

/* Static storage: there from the program's start to its end. */
static const double five_ninths = 5.0 / 9.0;

/* The parameter and the result have automatic storage: they end with the call. */
static double celsius(double fahrenheit) {
  const double result = (fahrenheit - 32) * five_ninths;
  return result;
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fputs("usage: celsius FAHRENHEIT...\n", stderr);
    return 2;
  }
  const size_t count = (size_t)argc - 1;
  /* In the heap: how many there are is known only now; they live until they are given back. */
  double* const values = pymalloc_malloc(PYMALLOC_MEM, count * sizeof *values);
  if (values == NULL) return 1;
  for (size_t i = 0; i < count; ++i) values[i] = celsius(strtod(argv[i + 1], NULL));
  for (size_t i = 0; i < count; ++i) printf("%s F is %.2f C\n", argv[i + 1], values[i]);
  printf("static:    %p\n", (const void*)&five_ninths);
  printf("automatic: %p\n", (const void*)&count);
  printf("heap:      %p, %zu bytes in a block of this pool:\n", (void*)values, count * sizeof *values);
  char* const figures = pymalloc_statistics_text();
  if (figures != NULL) fputs(figures, stdout);
  pymalloc_free(PYMALLOC_RAW, figures);
  pymalloc_free(PYMALLOC_MEM, values);
  return 0;
}
