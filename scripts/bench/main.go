// Command bench runs all benchmarks of the project, several times and one package after the other,
// and prints one table for each: a line for each case, the median of the runs for each figure. A
// benchmark's comment says what it measures.
package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	runs := flag.Int("runs", 5, "runs, of which the median counts")
	times := flag.Int("times", 1000, "operations in a run")
	only := flag.String("only", ".", "regular expression of benchmarks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *runs, *times, *only); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, runs, times int, only string) error {
	found, err := benchmarks(".")
	if err != nil {
		return err
	}
	var packages []string
	for _, b := range found {
		packages = append(packages, b.pkg)
	}
	slices.Sort(packages)
	args := append([]string{
		"test", "-run", "^$", "-bench", only, "-count", strconv.Itoa(runs), "-benchtime", fmt.Sprintf("%dx", times), "-timeout", "20m",
	}, slices.Compact(packages)...)
	begin, before := time.Now(), loadAverage()
	command := exec.CommandContext(ctx, "go", args...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	results, readErr := read(output, os.Stderr)
	if err := cmp.Or(command.Wait(), readErr); err != nil {
		return err
	}
	fmt.Printf("\n$ go %s\n", strings.Join(args, " "))
	fmt.Printf("commit %s, %s %s/%s, %s, %d cores\n", said(ctx, "git", "describe", "--always", "--dirty"),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, results.cpu, runtime.NumCPU())
	fmt.Println(said(ctx, "mariadbd", "--version"))
	fmt.Printf("load average %s before, %s after; %.0f s\n", before, loadAverage(), time.Since(begin).Seconds())
	return results.print(os.Stdout, found, runs)
}

// said is the first line that a command prints, if it can be run.
func said(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return name + ": unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.Join(strings.Fields(line), " ")
}

// loadAverage is how many processes wanted a core, over 1, 5 and 15 minutes.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}

// benchmark is a benchmark's function.
type benchmark struct{ pkg, name, doc string }

// benchmarks finds all benchmarks below a folder.
func benchmarks(root string) ([]benchmark, error) {
	var out []benchmark
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, is := d.(*ast.FuncDecl); is && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Benchmark") {
				pkg := "./" + filepath.ToSlash(filepath.Dir(path))
				doc, _, _ := strings.Cut(f.Doc.Text(), "feature:") // a mark for another reader
				out = append(out, benchmark{pkg, f.Name.Name, strings.TrimSpace(doc)})
			}
		}
		return nil
	})
	return out, err
}

// results are the figures of all runs.
type results struct {
	cpu   string
	cases []*figures // in the order in which they came
}

// figures are those of one case, by unit.
type figures struct {
	name  string
	units map[string][]float64
}

var resultLine = regexp.MustCompile(`^(Benchmark\S+?)(?:-\d+)?\s+\d+\s+(.+)$`)

// read reads what go test prints. Progress gets the names of what ran and whatever is no figure.
func read(output io.Reader, progress io.Writer) (*results, error) {
	r := &results{}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if cpu, is := strings.CutPrefix(lines.Text(), "cpu: "); is {
			r.cpu = cpu
		}
		match := resultLine.FindStringSubmatch(lines.Text())
		if match == nil {
			fmt.Fprintln(progress, lines.Text())
			continue
		}
		fmt.Fprintln(progress, match[1])
		i := slices.IndexFunc(r.cases, func(f *figures) bool { return f.name == match[1] })
		if i < 0 {
			i = len(r.cases)
			r.cases = append(r.cases, &figures{name: match[1], units: make(map[string][]float64)})
		}
		words := strings.Fields(match[2])
		for k := 0; k+1 < len(words); k += 2 {
			value, err := strconv.ParseFloat(words[k], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", lines.Text(), err)
			}
			r.cases[i].units[words[k+1]] = append(r.cases[i].units[words[k+1]], value)
		}
	}
	return r, lines.Err()
}

// print writes a table for each benchmark.
func (r *results) print(w io.Writer, found []benchmark, runs int) error {
	for _, b := range found {
		var rows []*figures
		for _, f := range r.cases {
			if f.name == b.name || strings.HasPrefix(f.name, b.name+"/") {
				rows = append(rows, f)
			}
		}
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n== %s\n%s\n\n", b.pkg, b.doc)
		units := columns(rows)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "median of %d\t%s\t\n", runs, strings.Join(units, "\t"))
		for _, f := range rows {
			fmt.Fprintf(t, "%s\t", cmp.Or(strings.TrimPrefix(strings.TrimPrefix(f.name, b.name), "/"), "all"))
			for _, u := range units {
				fmt.Fprintf(t, "%s\t", number(f.units[u]))
			}
			fmt.Fprintln(t)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// columns are the units of the rows: first our own figures, then those of what is set beside them,
// last the ratio.
func columns(rows []*figures) []string {
	var units []string
	for _, f := range rows {
		for u := range f.units {
			if !slices.Contains(units, u) {
				units = append(units, u)
			}
		}
	}
	rank := func(u string) int {
		switch {
		case strings.HasPrefix(u, "%"):
			return 2
		case strings.HasPrefix(u, "echo"), strings.HasPrefix(u, "floor"), strings.HasPrefix(u, "recognizers"):
			return 1
		default:
			return 0
		}
	}
	slices.SortFunc(units, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return units
}

// number is the median of some values with three figures.
func number(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	slices.Sort(values)
	middle := len(values) / 2
	v := values[middle]
	if len(values)%2 == 0 {
		v = (v + values[middle-1]) / 2
	}
	decimals := 0
	if v != 0 {
		decimals = max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	}
	return strconv.FormatFloat(v, 'f', min(decimals, 4), 64)
}
