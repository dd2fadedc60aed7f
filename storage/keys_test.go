package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
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
		contents := [][]byte{[]byte("order.pdf"), bytes.Repeat([]byte("0123456789abcdef"), 1<<18), bytes.Repeat([]byte{0}, 2<<20)}
		put := func(id orders.OrderID, data []byte) (a orders.Attachment, err error) {
			err = s.Do(t.Context(), func(tx *storage.Tx) (err error) {
				a, err = tx.PutAttachment(orders.Attachment{Order: id, Name: "附件.pdf", Size: len(data), By: "S01", ByName: "周婷", At: ordertest.Start}, data)
				return err
			})
			return a, err
		}
		// Two orders get the same contents at the same time; each has each once, whatever is sent again.
		var wg sync.WaitGroup
		var failed [2]error
		for i, id := range []orders.OrderID{"SO202603110001", "SO202603110002"} {
			wg.Go(func() {
				for n, data := range slices.Concat(contents, contents) {
					a, err := put(id, data)
					got, blobErr := s.Blob(t.Context(), a.Digest)
					if err = errors.Join(err, blobErr); err == nil && (a.No != n%len(contents)+1 || !bytes.Equal(data, got)) {
						err = fmt.Errorf("file %d got number %d, or another content", n, a.No)
					}
					failed[i] = errors.Join(failed[i], err)
				}
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(failed[:]...))
		list := func(id orders.OrderID) (names []int) {
			require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
				all, err := tx.Attachments(id)
				names = nil
				for _, a := range all {
					require.Equal(t, orders.Attachment{
						Order: id, No: a.No, Digest: a.Digest, Name: "附件.pdf", Size: len(contents[(a.No-1)%3]), By: "S01", ByName: "周婷", At: ordertest.Start,
					}, a)
					names = append(names, a.No)
				}
				return err
			}))
			return names
		}
		require.Equal(t, []int{1, 2, 3}, list("SO202603110001"))
		// One that was taken off keeps its number, and comes back with another one.
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			return tx.DropAttachment("SO202603110001", 1, "S01", ordertest.Start)
		}))
		require.Equal(t, []int{2, 3}, list("SO202603110001"))
		again, err := put("SO202603110001", contents[0])
		require.NoError(t, err)
		require.Equal(t, 4, again.No)
		require.Equal(t, []int{2, 3, 4}, list("SO202603110001"))
		require.Equal(t, []int{1, 2, 3}, list("SO202603110002"))
		_, err = s.Blob(t.Context(), "none")
		require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
	})
}
