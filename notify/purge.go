package notify

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Purge is the job that deletes what came in, went out and was handled long ago.
type Purge struct {
	Store interface {
		// Purge deletes what is done with and older than a moment, at most n rows in one transaction, and returns how many; what waits,
		// what was given up, what belongs to orders that have not ended, and deliveries of the kinds that are kept stay.
		Purge(ctx context.Context, before time.Time, n int, kept ...string) (int, error)
	}
	Keep   time.Duration // for how long everything is kept; 0: for good
	Now    func() time.Time
	Logger *slog.Logger
}

// purgedAtOnce is how many rows one transaction deletes: others wait for it.
const purgedAtOnce = 500

// keptKinds are the deliveries that are looked for again, or by whose keys the same is not told twice, however old they are.
var keptKinds = []string{KindLink, KindLinkSettled, KindSilent}

// Job returns the job, to be run every hour or so.
func (p *Purge) Job(every time.Duration) Job {
	return Job{Name: "purge", Every: every, Do: p.Round}
}

// Round deletes what is older than that by now.
func (p *Purge) Round(ctx context.Context) error {
	if p.Keep == 0 {
		return nil
	}
	n, err := p.Store.Purge(ctx, p.Now().Add(-p.Keep), purgedAtOnce, keptKinds...)
	if err != nil {
		return fmt.Errorf("delete old messages: %w", err)
	}
	if n > 0 {
		p.Logger.Info("old messages deleted", "rows", n)
	}
	return nil
}
