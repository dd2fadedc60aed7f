package storage_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/storage"
)

// The clerk looks things up while its transaction is open. However many transactions there are at
// once, each finds a connection for that.
func TestTransactionsLeaveConnectionsForReading(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := storage.Open(t.Context(), url(t), storage.Options{MaxConns: 4, Now: time.Now})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			require.NoError(t, s.Migrate(t.Context()))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			var all sync.WaitGroup
			for range 40 {
				all.Go(func() {
					if err := s.Do(ctx, func(*storage.Tx) error {
						_, err := s.Available(ctx, "P001")
						return err
					}); err != nil {
						t.Errorf("Do: %v", err)
					}
				})
			}
			all.Wait()
		})
	}
}
