"""What ci/real-programs --write-docs may write, and what not. Run by CTest."""

import unittest

import real_programs_docs as docs

BEGIN, END = docs.marks("programs")
TABLE = "| program | same |\n|---|---|\n| git | yes |\n"
SUMMARY = "1 programs: 0 differ; 2 s"


class Section(unittest.TestCase):
    def test_shows_the_sum_before_the_table(self):
        text = docs.section(f"{TABLE}\n{SUMMARY}\n", "MACHINE")
        self.assertEqual(text, f"\nMACHINE:\n\n> {SUMMARY}\n\n{TABLE}\n")

    def test_takes_no_table_that_was_cut_short(self):
        for output in ("", TABLE, f"{TABLE}\n", f"\n{SUMMARY}\n", f"{SUMMARY}\n", f"Traceback\n\n{SUMMARY}\n"):
            with self.subTest(output=output), self.assertRaises(docs.Trouble):
                docs.section(output, "MACHINE")


class Replaced(unittest.TestCase):
    def test_changes_what_is_between_the_marks_alone(self):
        other = "".join(docs.marks("cpython"))
        document = f"# Title\n{BEGIN}old\n{END}text\n{other}"
        self.assertEqual(docs.replaced(document, "programs", "new\n"), f"# Title\n{BEGIN}new\n{END}text\n{other}")

    def test_does_not_guess_where_a_mark_is_missing_or_twice(self):
        for document in ("", BEGIN, END, END + BEGIN, BEGIN + END + END, BEGIN + BEGIN + END):
            with self.subTest(document=document), self.assertRaises(docs.Trouble):
                docs.replaced(document, "programs", "new\n")

    def test_finds_the_marks_of_the_document(self):
        document = docs.DOCUMENT.read_text(encoding="utf-8")
        for part in docs.PACKAGES:
            docs.place(document, part)


if __name__ == "__main__":
    unittest.main()
