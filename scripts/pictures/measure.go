package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// reading is what a program made of a picture.
type reading struct {
	lines []string
	took  time.Duration
}

// measure reads the pictures and prints the share of key fields that are right, by kind.
func measure(ctx context.Context, w io.Writer, program, folder string, all []truth, wrong, tesseract bool) error {
	if len(all) == 0 {
		return fmt.Errorf("no such picture in %s", folder)
	}
	ours, err := orderbot(ctx, program, folder, all)
	if err != nil {
		return err
	}
	engines, names := []map[string]reading{ours}, []string{"orderbot"}
	if _, err := exec.LookPath("tesseract"); err == nil && tesseract {
		theirs, err := tesseracted(ctx, folder, all)
		if err != nil {
			return err
		}
		engines, names = append(engines, theirs), append(names, "tesseract")
	}
	type tally struct{ right, fields, pictures int }
	kinds := map[string]int{}
	tallies := map[string][]tally{}
	for _, t := range all {
		for _, group := range []string{t.Kind, "all"} {
			if tallies[group] == nil {
				kinds[group] = len(kinds)
				tallies[group] = make([]tally, len(engines))
			}
			for i, e := range engines {
				missed := missing(t.Fields, e[t.File].lines)
				one := &tallies[group][i]
				one.pictures++
				one.fields += len(t.Fields)
				one.right += len(t.Fields) - len(missed)
				if wrong && i == 0 && group != "all" {
					fmt.Fprintf(w, "%s: %d of %d in %.1f s; not read: %q\n", t.File, len(t.Fields)-len(missed), len(t.Fields), e[t.File].took.Seconds(), missed)
				}
			}
		}
	}
	kinds["all"] = len(all)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "key fields right\tpictures\tfields\t%s\t\n", strings.Join(names, "\t"))
	for _, kind := range slices.SortedFunc(maps.Keys(tallies), func(a, b string) int { return kinds[a] - kinds[b] }) {
		fmt.Fprintf(out, "%s\t%d\t%d\t", kind, tallies[kind][0].pictures, tallies[kind][0].fields)
		for _, one := range tallies[kind] {
			fmt.Fprintf(out, "%.2f%%\t", 100*float64(one.right)/float64(max(1, one.fields)))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "seconds a picture, p50/p95\t\t\t")
	for _, e := range engines {
		var took []time.Duration
		for _, r := range e {
			took = append(took, r.took)
		}
		slices.Sort(took)
		fmt.Fprintf(out, "%.2f/%.2f\t", took[len(took)/2].Seconds(), took[(len(took)-1)*95/100].Seconds())
	}
	fmt.Fprintln(out)
	return out.Flush()
}

// orderbot reads all pictures in one process; the first is read twice, since the models load with it.
func orderbot(ctx context.Context, program, folder string, all []truth) (map[string]reading, error) {
	args := []string{"ocr", filepath.Join(folder, all[0].File)}
	for _, t := range all {
		args = append(args, filepath.Join(folder, t.File))
	}
	c := exec.CommandContext(ctx, program, args...)
	c.Stderr = os.Stderr
	output, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	found := map[string]reading{}
	start := time.Now()
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var file struct {
			File  string `json:"file"`
			Pages []struct {
				Lines []struct {
					Text string `json:"text"`
				} `json:"lines"`
			} `json:"pages"`
		}
		if err := json.Unmarshal(line, &file); err != nil {
			return nil, err
		}
		r := reading{took: time.Since(start)}
		for _, p := range file.Pages {
			for _, l := range p.Lines {
				r.lines = append(r.lines, l.Text)
			}
		}
		found[filepath.Base(file.File)] = r
		start = time.Now()
	}
	return found, c.Wait()
}

// tesseracted reads each picture in the page mode that looks for text of any layout, which finds most.
func tesseracted(ctx context.Context, folder string, all []truth) (map[string]reading, error) {
	found := map[string]reading{}
	for _, t := range all {
		start := time.Now()
		c := exec.CommandContext(ctx, "tesseract", filepath.Join(folder, t.File), "-", "-l", "chi_sim+eng", "--psm", "11")
		var text bytes.Buffer
		c.Stdout = &text
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("tesseract %s: %w", t.File, err)
		}
		found[t.File] = reading{strings.Split(text.String(), "\n"), time.Since(start)}
	}
	return found, nil
}

// missing are the fields that the lines do not hold, each as often as it should stand there. Spaces and the width of
// marks do not count, but a field must not go on: 150 is not read right in 1500.
func missing(fields, lines []string) []string {
	var texts [][]rune
	for _, l := range lines {
		texts = append(texts, folded(l))
	}
	longest := slices.Clone(fields)
	slices.SortStableFunc(longest, func(a, b string) int { return len(b) - len(a) })
	var missed []string
	for _, f := range longest {
		want := folded(strings.ReplaceAll(f, " ", ""))
		if !slices.ContainsFunc(texts, func(text []rune) bool { return take(text, want) }) {
			missed = append(missed, f)
		}
	}
	return missed
}

// take finds a field in a line and blanks it, so that it is not found again. Spaces within the line may part it.
func take(text, want []rune) bool {
	goesOn := func(at, step int, edge rune) bool {
		at += step
		if at < 0 || at >= len(text) {
			return false
		}
		c := text[at]
		if c == '.' || c == ',' {
			at += step
			return at >= 0 && at < len(text) && unicode.IsDigit(text[at]) && unicode.IsDigit(edge)
		}
		return c < 0x2e80 && c != '×' && (unicode.IsDigit(c) && unicode.IsDigit(edge) || unicode.IsLetter(c) && unicode.IsLetter(edge))
	}
	for from := range text {
		at, k := from, 0
		last := from
		for at < len(text) && k < len(want) {
			if text[at] == ' ' && k > 0 {
				at++
				continue
			}
			if !same(text[at], want[k]) {
				break
			}
			last = at
			at++
			k++
		}
		if k == len(want) && !goesOn(from, -1, want[0]) && !goesOn(last, 1, want[k-1]) {
			for i := from; i <= last; i++ {
				text[i] = '\x00'
			}
			return true
		}
	}
	return false
}

// same tells whether two characters are one; the times sign is written in several ways.
func same(a, b rune) bool {
	return a == b || strings.ContainsRune("×xX*", a) && strings.ContainsRune("×xX*", b)
}

// folded writes marks of full width as plain ones.
func folded(s string) []rune {
	var out []rune
	for _, r := range s {
		switch {
		case r == 0x3000 || unicode.IsSpace(r):
			r = ' '
		case r >= 0xff01 && r <= 0xff5e:
			r -= 0xfee0
		case r == '—' || r == '–' || r == '−':
			r = '-'
		case r == '￥':
			r = '¥'
		}
		out = append(out, r)
	}
	return out
}
