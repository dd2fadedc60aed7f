package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
	"orderbot/storage"
)

type readCmd struct {
	Master  string `help:"Folder with products.csv, customers.csv and, where there are, customer_items.csv and history.csv." required:"" placeholder:"DIR"`
	In      string `help:"Messages, one JSON object a line; standard input by default." placeholder:"FILE"`
	Out     string `help:"Drafts, one JSON object a line; standard output by default." placeholder:"FILE"`
	Explain bool   `help:"Say for each field where it was read and which rule chose it."`
}

// Run reads message after message. A line that can't be read becomes an output line with an error,
// and the run fails at its end.
func (c *readCmd) Run(ctx context.Context, p *program) (err error) {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	master, err := storage.ReadFolder(os.DirFS(c.Master))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Master, err)
	}
	in, out, folder := p.stdin, p.stdout, "."
	if c.In != "" {
		f, err := os.Open(c.In)
		if err != nil {
			return err
		}
		defer f.Close()
		in, folder = f, filepath.Dir(c.In)
	}
	if c.Out != "" {
		f, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	files := newFiles(settings.OCR, nil)
	defer files.Close()
	r := reading{
		lexicon: intake.NewLexicon(master),
		threads: map[string]*intake.Thread{},
		explain: c.Explain,
		open: func(name string) (*page.Document, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(folder, filepath.FromSlash(name))
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			return files.Open(ctx, name, data, nil)
		},
	}
	return r.all(ctx, in, out, p.stderr)
}

// reading is one run over a file of messages.
type reading struct {
	lexicon *intake.Lexicon
	threads map[string]*intake.Thread
	explain bool
	open    func(name string) (*page.Document, error)
}

// failedLine is the output of a line that can't be read.
type failedLine struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

// all writes one output line for each input line, in the same order.
func (r *reading) all(ctx context.Context, in io.Reader, out, complaints io.Writer) error {
	lines := bufio.NewReader(in)
	failed := 0
	for ended := false; !ended; {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		ended = err != nil
		if line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff"))); len(line) == 0 {
			continue
		}
		id, result, err := r.one(line)
		if err != nil {
			failed++
			reason, spoken := orders.ErrorMessage(err)
			if !spoken {
				reason = err.Error()
			}
			result = failedLine{ID: id, Error: reason}
		}
		encoded, err := encode(result)
		if err != nil {
			return fmt.Errorf("message %s: %w", id, err)
		}
		if _, err := out.Write(encoded); err != nil {
			return err
		}
	}
	if failed > 0 {
		_, _ = fmt.Fprintf(complaints, "orderbot: %d messages could not be read; their lines say why\n", failed)
		return errFailed
	}
	return nil
}

// encode makes one line of JSON, with <, > and & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// one reads one input line. The conversation stays as it was where that fails.
func (r *reading) one(line []byte) (id string, result any, err error) {
	defer func() {
		if p := recover(); p != nil { // one message must not cost the others
			err = fmt.Errorf("internal failure: %v", p)
		}
	}()
	var named struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(line, &named); err != nil {
		return "", nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if json.Unmarshal(named.ID, &id) != nil {
		id = string(named.ID)
	}
	var m intake.Message
	if err := json.Unmarshal(line, &m); err != nil {
		return id, nil, err
	}
	switch {
	case m.Time.IsZero():
		return id, nil, errors.New("time is missing")
	case m.Role == "" && m.Customer == "":
		m.Role = intake.RoleSales
	case m.Role == "":
		m.Role = intake.RoleCustomer
	case m.Role != intake.RoleSales && m.Role != intake.RoleCustomer:
		return id, nil, fmt.Errorf("role %q is neither sales nor customer", m.Role)
	}
	if m.File != "" {
		if m.Doc, err = r.open(m.File); err != nil {
			return id, nil, err
		}
	}
	read, thread := r.lexicon.Read(m, r.threads[m.Thread])
	if read.Error != "" {
		return id, nil, errors.New(read.Error)
	}
	if m.Thread != "" {
		r.threads[m.Thread] = thread
	}
	if !r.explain {
		read.Explain = nil
	}
	return id, read, nil
}
