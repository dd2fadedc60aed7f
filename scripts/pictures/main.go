// Command pictures draws pictures of orders with known text, of every kind that customers send, and measures how
// many of their key fields (codes, numbers, phones, dates, money) `orderbot ocr` reads right, beside Tesseract on
// the same pictures. The pictures are the same in each run with the same fonts; they need Chromium, and stay in -out.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// truth is a picture with what stands in it.
type truth struct {
	File   string   `json:"file"`
	Kind   string   `json:"kind"`
	Fields []string `json:"fields"`
}

func main() {
	out := flag.String("out", ".cache/pictures", "folder of the pictures")
	program := flag.String("orderbot", "bin/orderbot", "the program that reads")
	only := flag.String("only", "", "just pictures whose name contains this")
	seed := flag.Uint64("seed", 0, "another number draws other pictures of the same kinds")
	wrong := flag.Bool("wrong", false, "print the fields that were not read right")
	tesseract := flag.Bool("tesseract", true, "Tesseract beside it, if it is installed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	folder := filepath.Join(*out, fmt.Sprint(*seed))
	all, err := made(ctx, folder, *seed)
	if err == nil {
		var some []truth
		for _, t := range all {
			if strings.Contains(t.File, *only) {
				some = append(some, t)
			}
		}
		err = measure(ctx, os.Stdout, *program, folder, some, *wrong, *tesseract)
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// made returns the pictures of a folder, drawing those that are not there.
func made(ctx context.Context, folder string, seed uint64) ([]truth, error) {
	list := filepath.Join(folder, "truth.json")
	all, pages := planned(seed)
	want, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return nil, err
	}
	have, err := os.ReadFile(list)
	if same := err == nil && string(have) == string(want); !same {
		if err := os.RemoveAll(folder); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, err
	}
	if err := drawn(ctx, folder, all, pages); err != nil {
		return nil, fmt.Errorf("draw the pictures: %w", err)
	}
	return all, os.WriteFile(list, want, 0o600)
}
