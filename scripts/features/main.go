// Command features writes docs/features.md: every row of docs/features.rows.tsv with the tests
// that show it, taken from marks directly above test functions:
//
//	// feature: AP-04, AP-05
//	func TestTwoLevelsOfApproval(t *testing.T) {
//
// With -check it writes nothing and fails where the page is stale. A mark that names no row, or
// stands above no test, is an error either way.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "fail where the page is stale")
	root := flag.String("root", ".", "folder of the project")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "features:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	rows, err := os.ReadFile(filepath.Join(root, "docs", "features.rows.tsv"))
	if err != nil {
		return err
	}
	tests, err := marks(os.DirFS(root))
	if err != nil {
		return err
	}
	want, err := render(string(rows), tests)
	if err != nil {
		return err
	}
	target := filepath.Join(root, "docs", "features.md")
	if !check {
		return os.WriteFile(target, want, 0o644) //nolint:gosec // a page for everybody
	}
	if have, err := os.ReadFile(target); err != nil || !bytes.Equal(have, want) {
		return errors.New("docs/features.md is stale: make features")
	}
	return nil
}

// test is a test function that shows a row.
type test struct{ file, name string }

var (
	testName = regexp.MustCompile(`^(Test|Benchmark|Fuzz|Example)`)
	mark     = regexp.MustCompile(`^//\s*feature:\s*(.*)$`)
)

// marks collects the tests of each row's id from all test files.
func marks(root fs.FS) (map[string][]test, error) {
	tests := map[string][]test{}
	var mistakes []error
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata"):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		above := map[*ast.CommentGroup]string{} // doc comment → test
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Doc != nil && f.Recv == nil && testName.MatchString(f.Name.Name) {
				above[f.Doc] = f.Name.Name
			}
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				m := mark.FindStringSubmatch(c.Text)
				if m == nil {
					continue
				}
				if above[group] == "" {
					mistakes = append(mistakes, fmt.Errorf("%s: the mark stands above no test", files.Position(c.Pos())))
				}
				for id := range strings.FieldsFuncSeq(m[1], func(r rune) bool { return r == ',' || r == ' ' }) {
					tests[id] = append(tests[id], test{name, above[group]})
				}
			}
		}
		return nil
	})
	return tests, errors.Join(append(mistakes, err)...)
}

// render makes the page. rows are lines of id, tab and name; a line that begins with # is a
// heading.
func render(rows string, tests map[string][]test) ([]byte, error) {
	var body bytes.Buffer
	known, shown := map[string]bool{}, 0
	for line := range strings.Lines(rows) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			fmt.Fprintf(&body, "\n## %s\n\n| row | feature | shown by |\n| --- | --- | --- |\n", heading)
			continue
		}
		id, name, ok := strings.Cut(line, "\t")
		if !ok || known[id] {
			return nil, fmt.Errorf("row %q: must be an id of its own, a tab and a name", line)
		}
		known[id] = true
		by := "open"
		if len(tests[id]) > 0 {
			shown++
			by = links(tests[id])
		}
		fmt.Fprintf(&body, "| %s | %s | %s |\n", id, strings.ReplaceAll(name, "|", `\|`), by)
	}
	var mistakes []error
	for id, marked := range tests {
		if !known[id] {
			mistakes = append(mistakes, fmt.Errorf("%s: %s names %s, which is no row", marked[0].file, marked[0].name, id))
		}
	}
	if len(mistakes) > 0 {
		slices.SortFunc(mistakes, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(mistakes...)
	}
	head := "# Features, and the tests that show them\n\n" +
		"Made by `make features` from the marks (`// feature: AP-04`) above the tests; do not edit. A row without a test is open.\n\n" +
		fmt.Sprintf("%d of %d rows are shown by tests.\n", shown, len(known))
	return append([]byte(head), body.Bytes()...), nil
}

func links(tests []test) string {
	slices.SortFunc(tests, func(a, b test) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.name, b.name)) })
	var all []string
	for _, t := range slices.Compact(tests) {
		all = append(all, fmt.Sprintf("[%s %s](../%s)", path.Dir(t.file), t.name, t.file))
	}
	return strings.Join(all, "<br>")
}
