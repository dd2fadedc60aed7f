// Command accuracy reads the open corpus with `orderbot read` and prints how well it did, for
// messages and for files, over both sets of master data. It writes no file.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"orderbot/orders/intake/score"
)

func main() {
	program := flag.String("orderbot", "bin/orderbot", "the program that reads")
	corpus := flag.String("corpus", "orders/intake/testdata/corpus", "folder of the corpus")
	only := flag.String("only", "", "just messages or files")
	tags := flag.Bool("tags", false, "exact share by tag")
	wrong := flag.Int("wrong", 0, "show the first N that are not exact")
	flag.Parse()
	orderbot, err := filepath.Abs(*program)
	if err != nil {
		fail(err)
	}
	for _, set := range []struct{ name, in, gold string }{
		{"messages", "messages.jsonl", "gold.jsonl"},
		{"files", "files.jsonl", "files.gold.jsonl"},
	} {
		if *only != "" && *only != set.name {
			continue
		}
		start := time.Now()
		report, err := measure(orderbot, *corpus, set.in, set.gold)
		if err != nil {
			fail(fmt.Errorf("%s: %w", set.name, err))
		}
		fmt.Printf("== %s: %d lines in %.1f s\n", set.name, len(report.Lines), time.Since(start).Seconds())
		err = report.PrintWrong(os.Stdout, *wrong)
		if *tags {
			err = errors.Join(err, report.PrintTags(os.Stdout))
		}
		if err = errors.Join(err, report.Print(os.Stdout)); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "accuracy:", err)
	os.Exit(1)
}

// measure reads the lines of each master folder in one run and scores all of them together.
func measure(orderbot, corpus, in, goldName string) (*score.Report, error) {
	input, err := os.ReadFile(filepath.Join(corpus, in))
	if err != nil {
		return nil, err
	}
	byMaster := map[string]string{}
	for line := range strings.Lines(string(input)) {
		var named struct {
			Master string `json:"master"`
		}
		if err := json.Unmarshal([]byte(line), &named); err != nil {
			return nil, err
		}
		byMaster[named.Master] += line
	}
	outputs := map[string]score.Output{}
	for _, master := range slices.Sorted(maps.Keys(byMaster)) {
		drafts, err := read(orderbot, corpus, master, byMaster[master])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", master, err)
		}
		maps.Copy(outputs, drafts)
	}
	goldFile, err := os.Open(filepath.Join(corpus, goldName))
	if err != nil {
		return nil, err
	}
	defer goldFile.Close()
	gold, err := score.ReadGold(goldFile)
	if err != nil {
		return nil, err
	}
	report := score.Summarise(gold, outputs)
	return &report, nil
}

// read runs `orderbot read`. That it exits 1 for lines that could not be read is part of the
// measurement.
func read(orderbot, corpus, master, lines string) (map[string]score.Output, error) {
	var drafts bytes.Buffer
	c := exec.Command(orderbot, "read", "--master", master) //nolint:noctx // ends with its input
	c.Dir, c.Stdin, c.Stdout, c.Stderr = corpus, strings.NewReader(lines), &drafts, os.Stderr
	var exit *exec.ExitError
	if err := c.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, err
	}
	return score.ReadOutputs(&drafts)
}
