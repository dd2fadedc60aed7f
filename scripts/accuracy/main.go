// Command accuracy reads the open corpus with `orderbot read` and prints how well it did, for
// messages and for files, over both sets of master data, with messages and files of other trades, and how
// much is lost when the messages of both say the same in another way. It leaves no file behind.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"orderbot/orders"
	"orderbot/orders/intake/score"
	"orderbot/orders/intake/variant"
	"orderbot/storage"
)

func main() {
	program := flag.String("orderbot", "bin/orderbot", "the program that reads")
	corpus := flag.String("corpus", "orders/intake/testdata/corpus", "folder of the corpus")
	industries := flag.String("industries", "orders/intake/testdata/industries", "folder of the messages of other industries")
	papers := flag.String("papers", "orders/intake/testdata/papers", "folder of the files of other trades")
	only := flag.String("only", "", "just messages, industries, files or papers")
	tags := flag.Bool("tags", false, "exact share by tag")
	wrong := flag.Int("wrong", 0, "show the first N that are not exact")
	flag.Parse()
	orderbot, err := filepath.Abs(*program)
	if err != nil {
		fail(err)
	}
	for _, set := range []struct{ name, folder, in, gold string }{
		{"messages", *corpus, "messages.jsonl", "gold.jsonl"},
		{"industries", *industries, "messages.jsonl", "gold.jsonl"},
		{"files", *corpus, "files.jsonl", "files.gold.jsonl"},
		{"papers", *papers, "files.jsonl", "files.gold.jsonl"},
	} {
		if *only != "" && *only != set.name {
			continue
		}
		start := time.Now()
		lines, gold, err := load(set.folder, set.in, set.gold)
		if err != nil {
			fail(err)
		}
		report, err := measure(orderbot, set.folder, lines, gold)
		if err != nil {
			fail(fmt.Errorf("%s: %w", set.name, err))
		}
		fmt.Printf("== %s: %d lines in %.1f s\n", set.name, len(report.Lines), time.Since(start).Seconds())
		err = report.PrintWrong(os.Stdout, *wrong)
		if *tags || set.name == "industries" { // whose tags are the industries
			err = errors.Join(err, report.PrintTags(os.Stdout))
		}
		if err = errors.Join(err, report.Print(os.Stdout)); err != nil {
			fail(err)
		}
		if set.in == "messages.jsonl" {
			if err := changed(orderbot, set.folder, lines, gold, report, *wrong); err != nil {
				fail(err)
			}
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "accuracy:", err)
	os.Exit(1)
}

// line is one input line; its other fields are kept as they are.
type line map[string]any

func (l line) master() string { s, _ := l["master"].(string); return s }

// load reads the lines of a set and what is to be read from them.
func load(corpus, in, goldName string) ([]line, []score.Gold, error) {
	input, err := os.ReadFile(filepath.Join(corpus, in))
	if err != nil {
		return nil, nil, err
	}
	var lines []line
	for one := range bytes.Lines(input) {
		var l line
		if err := json.Unmarshal(one, &l); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", in, err)
		}
		lines = append(lines, l)
	}
	goldFile, err := os.Open(filepath.Join(corpus, goldName))
	if err != nil {
		return nil, nil, err
	}
	defer goldFile.Close()
	gold, err := score.ReadGold(goldFile)
	return lines, gold, err
}

// changed prints what is lost on the messages when they say the same in another way.
func changed(orderbot, corpus string, lines []line, gold []score.Gold, base *score.Report, wrong int) error {
	masters := map[string]*orders.Master{}
	for _, l := range lines {
		if masters[l.master()] == nil {
			m, err := storage.ReadFolder(os.DirFS(filepath.Join(corpus, l.master())))
			if err != nil {
				return err
			}
			masters[l.master()] = m
		}
	}
	fmt.Printf("== messages that say the same in another way\n%-18s %8s %8s %8s %8s %8s\n", "", "changed", "exact", "loss", "silent", "over-ask")
	for _, change := range variant.Changes {
		report, n, err := measureChange(orderbot, corpus, lines, gold, masters, change)
		if err != nil {
			return fmt.Errorf("%s: %w", change.Name, err)
		}
		if err := report.PrintWrong(os.Stdout, wrong); err != nil {
			return err
		}
		fmt.Printf("%-18s %8d %7.2f%% %8.2f %7.2f%% %7.2f%%\n", change.Name, n, 100*report.Exact.Rate(),
			100*(base.Exact.Rate()-report.Exact.Rate()), 100*report.SilentError.Rate(), 100*report.OverAsk.Rate())
	}
	return nil
}

// measureChange measures the messages under one change, and counts those that it changes.
func measureChange(orderbot, corpus string, lines []line, gold []score.Gold, masters map[string]*orders.Master, change variant.Change) (*score.Report, int, error) {
	folder, err := os.MkdirTemp("", "orderbot-accuracy-")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(folder)
	if change.Table != nil {
		for name, m := range masters {
			if err := changeTables(filepath.Join(corpus, name), filepath.Join(folder, name), func(csv string) string { return change.Table(m, csv) }); err != nil {
				return nil, 0, err
			}
		}
	}
	byID := map[string]int{}
	for i := range gold {
		byID[gold[i].ID] = i
	}
	newLines, newGold, n := slices.Clone(lines), slices.Clone(gold), 0
	for i, l := range lines {
		id, _ := l["id"].(string)
		text, _ := l["text"].(string)
		c := change.Case(variant.Case{Text: text, Gold: gold[byID[id]], Master: masters[l.master()]})
		if c.Text != text {
			n++
		}
		l = maps.Clone(l)
		l["text"] = c.Text
		if change.Table != nil {
			l["master"] = filepath.Join(folder, l.master())
		}
		newLines[i], newGold[byID[id]] = l, c.Gold
	}
	report, err := measure(orderbot, corpus, newLines, newGold)
	return report, n, err
}

// changeTables writes the tables of one folder into another, changed.
func changeTables(from, to string, change func(csv string) string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.csv"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, file := range files {
		csv, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), []byte(change(string(csv))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// measure reads the lines of each master folder in one run and scores all of them together.
func measure(orderbot, corpus string, lines []line, gold []score.Gold) (*score.Report, error) {
	byMaster := map[string]*bytes.Buffer{}
	for _, l := range lines {
		if byMaster[l.master()] == nil {
			byMaster[l.master()] = &bytes.Buffer{}
		}
		if err := json.NewEncoder(byMaster[l.master()]).Encode(l); err != nil {
			return nil, err
		}
	}
	outputs := map[string]score.Output{}
	for _, master := range slices.Sorted(maps.Keys(byMaster)) {
		drafts, err := read(orderbot, corpus, master, byMaster[master])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", master, err)
		}
		maps.Copy(outputs, drafts)
	}
	report := score.Summarise(gold, outputs)
	return &report, nil
}

// read runs `orderbot read`. That it exits 1 for lines that could not be read is part of the
// measurement.
func read(orderbot, corpus, master string, lines io.Reader) (map[string]score.Output, error) {
	var drafts bytes.Buffer
	c := exec.Command(orderbot, "read", "--master", master) //nolint:noctx // ends with its input
	c.Dir, c.Stdin, c.Stdout, c.Stderr = corpus, lines, &drafts, os.Stderr
	var exit *exec.ExitError
	if err := c.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, err
	}
	return score.ReadOutputs(&drafts)
}
