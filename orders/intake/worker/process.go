package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Why a worker was ended, or ended.
var (
	errMemory = errors.New("worker went beyond its memory")
	errTime   = errors.New("worker took too long")
	errDied   = errors.New("worker died")
	errIdle   = errors.New("worker was idle")
)

const (
	lookEvery = 20 * time.Millisecond // at a worker's memory and time
	ticks     = 100                   // of the processor's clock in a second, as Linux counts in /proc
	niceness  = 10
	maxSaid   = 4 << 10 // bytes kept of what a worker writes to standard error
)

// process is a running worker. It is used by one goroutine at a time.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   tail
	served int
	idle   *time.Timer
	ended  chan struct{} // closed when it is gone

	mu    sync.Mutex
	cause error // why we ended it
}

// start starts a worker.
func start(o *Options) (*process, error) {
	p := &process{ended: make(chan struct{})}
	p.cmd = exec.Command(o.Command[0], o.Command[1:]...) //nolint:gosec,noctx // our own program; ended by kill
	p.cmd.Dir = os.TempDir()
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TMPDIR=" + os.TempDir(), "HOME=" + os.TempDir()} // nothing else: the server's may hold secrets
	p.cmd.Env = append(p.cmd.Env, o.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with what it starts it can be ended as one
	p.cmd.Stderr = &p.said
	p.cmd.WaitDelay = time.Second
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	_ = syscall.Setpriority(syscall.PRIO_PGRP, p.cmd.Process.Pid, niceness) // chats go before files
	p.in, p.out = in, bufio.NewReader(out)
	late := time.AfterFunc(o.StartTime, p.kill)
	defer late.Stop()
	_ = writeJSON(p.in, setup{OCR: o.OCR, Memory: o.Memory}) // where that fails it is never ready
	if err := readJSON(p.out, &ready{}); err != nil {
		p.end(errDied)
		return nil, fmt.Errorf("start worker: %w: %s", err, p.said.String())
	}
	return p, nil
}

// end kills the worker with all that it started, and waits until it is gone. It may be called more than once; the first
// cause stays.
func (p *process) end(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause != nil {
		return
	}
	p.cause = cause
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.in.Close()
	_, _ = io.Copy(io.Discard, p.out) // Wait must come after the last read; the pipe ends with the process
	_ = p.cmd.Wait()                  // it was killed
	close(p.ended)
}

// gone tells whether the worker was ended.
func (p *process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill is end for the watcher, while another goroutine reads the worker's answers: it only kills.
func (p *process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// ask lets the worker do one request within the limits. After an error the worker is gone.
func (p *process) ask(ctx context.Context, o *Options, r request, data []byte, progress func(page, pages int)) (*answer, error) {
	page := make(chan struct{}, 1)
	done := make(chan struct{})
	verdict := make(chan error, 1)
	go func() { verdict <- p.watch(ctx, o, page, done) }()
	a, err := p.talk(r, data, func(step answer) {
		select {
		case page <- struct{}{}:
		default:
		}
		if progress != nil && step.Page > 0 {
			progress(step.Page, step.Pages)
		}
	})
	close(done)
	if why := <-verdict; why != nil && err != nil {
		err = why
	}
	if err != nil {
		p.end(err)
		return nil, err
	}
	p.served++
	return a, nil
}

// talk sends a request and reads its answers.
func (p *process) talk(r request, data []byte, progress func(step answer)) (*answer, error) {
	if err := errors.Join(writeJSON(p.in, r), writeFrame(p.in, data)); err != nil {
		return nil, fmt.Errorf("%w: %w", errDied, err)
	}
	for {
		frame, err := readFrame(p.out)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errDied, err)
		}
		var a answer
		if err := json.Unmarshal(frame, &a); err != nil {
			return nil, fmt.Errorf("%w: %w", errDied, err)
		}
		if !a.Loaded && a.Page == 0 {
			return &a, nil
		}
		progress(a)
	}
}

// watch kills the worker when it goes beyond its memory or its time for a page, or when ctx ends, and says why.
func (p *process) watch(ctx context.Context, o *Options, page, done <-chan struct{}) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	all := time.NewTimer(o.FileTime)
	defer all.Stop()
	begun, reading := int64(-1), false // what loading takes is not the file's fault
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			p.kill()
			return ctx.Err()
		case <-all.C:
			p.kill()
			return errTime
		case <-page:
			begun, reading = -1, true
		case <-look.C:
			resident, used, ok := usage(p.cmd.Process.Pid)
			switch {
			case !ok:
			case resident > o.Memory:
				p.kill()
				return errMemory
			case !reading:
			case begun < 0:
				begun = used
			case time.Duration(used-begun)*time.Second/ticks > o.PageTime:
				p.kill()
				return errTime
			}
		}
	}
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

// Write implements [io.Writer].
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, b...)
	t.last = t.last[max(0, len(t.last)-maxSaid):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}
