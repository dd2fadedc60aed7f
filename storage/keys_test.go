package storage_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

func TestSecretsAreMadeOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		got := make([][]byte, 10)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i], _ = s.Secret(t.Context(), "links") })
		}
		wg.Wait()
		for _, secret := range got {
			require.Len(t, secret, 32)
			require.Equal(t, got[0], secret)
		}
		other, err := s.Secret(t.Context(), "actions")
		require.NoError(t, err)
		require.NotEqual(t, got[0], other)
	})
}

func TestAPITokens(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		token, err := s.CreateToken(t.Context(), "erp", "orders:read", "orders:write")
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(token, "ob_"))
		_, err = s.CreateToken(t.Context(), "erp")
		require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
		got, err := s.CheckToken(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, storage.APIToken{Name: "erp", Scopes: []string{"orders:read", "orders:write"}, CreatedAt: ordertest.Start}, got)
		_, err = s.CheckToken(t.Context(), token+"x")
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(err))
		require.NoError(t, s.RevokeToken(t.Context(), "erp"))
		require.Equal(t, orders.CodeNotFound, orders.ErrorCode(s.RevokeToken(t.Context(), "erp")))
		_, err = s.CheckToken(t.Context(), token)
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(err))
		list, err := s.Tokens(t.Context())
		require.NoError(t, err)
		require.Equal(t, ordertest.Start, list[0].RevokedAt)
	})
}

func TestSlotsAndQuotas(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		var mu sync.Mutex
		var wg sync.WaitGroup
		slots, spent := 0, 0
		for range 20 {
			wg.Go(func() {
				first, err := s.TakeSlot(t.Context(), "reminders 2026-03-11T10:00")
				ok, spendErr := s.Spend(t.Context(), "kuaidi100", "2026-03-11", 7)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && first {
					slots++
				}
				if spendErr == nil && ok {
					spent++
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, slots)
		require.Equal(t, 7, spent)
		ok, err := s.Spend(t.Context(), "kuaidi100", "2026-03-12", 7)
		require.NoError(t, err)
		require.True(t, ok)
		ok, err = s.Spend(t.Context(), "none", "2026-03-12", 0)
		require.NoError(t, err)
		require.False(t, ok)
	})
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		for _, data := range [][]byte{{}, []byte("order.pdf"), bytes.Repeat([]byte("0123456789abcdef"), 1<<18), bytes.Repeat([]byte{0}, 2<<20)} {
			for range 2 {
				name, err := s.PutBlob(t.Context(), data)
				require.NoError(t, err)
				got, err := s.Blob(t.Context(), name)
				require.NoError(t, err)
				require.True(t, bytes.Equal(data, got))
			}
		}
		_, err := s.Blob(t.Context(), "none")
		require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
	})
}
