package storage_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// What finance was shown of a customer's invoice data is kept once, whoever looks at the same moment.
//
// feature: ST-08
func TestInvoiceDataIsSeen(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		at := time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)
		see := func(title, number string, at time.Time) (seen orders.SeenInvoice) {
			err := s.Do(t.Context(), func(tx *storage.Tx) (err error) {
				seen, err = tx.SeeInvoiceData("C1", orders.InvoiceData{Title: title, TaxNumber: number}, at)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return seen
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		first := 0
		for range 8 {
			all.Go(func() {
				seen := see("", "", at)
				mu.Lock()
				defer mu.Unlock()
				if seen.At.IsZero() {
					first++
				}
			})
		}
		all.Wait()
		require.Equal(t, 1, first)
		require.Equal(t, orders.SeenInvoice{At: at}, see("", "", at.Add(time.Hour)), "since it was first so")
		require.Equal(t, orders.SeenInvoice{At: at}, see("一院", "9144030071526726XG", at.Add(2*time.Hour)))
		want := orders.SeenInvoice{InvoiceData: orders.InvoiceData{Title: "一院", TaxNumber: "9144030071526726XG"}, At: at.Add(2 * time.Hour)}
		require.Equal(t, want, see("一院", "9144030071526726XG", at.Add(3*time.Hour)))
	})
}

// The columns of invoice data are imported and come back; what is no tax number is refused with its row.
//
// feature: ST-08
func TestInvoiceDataAreImported(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		importCSV(t, s, "customers", "客户编码,名称,开票抬头,税号,开票信息", "C1,一院,澜州市第一人民医院,9144 0300 7152 6726 xg,开户行 中行", "C2,二院,,,")
		report, err := s.Import(t.Context(), "customers", []byte(strings.Join([]string{"code,name,tax_number", "C1,一院,9144", "C2,二院,914403001922038216"}, "\n")), false)
		require.NoError(t, err)
		require.Len(t, report.Refused, 1)
		require.Equal(t, 2, report.Refused[0].Row)
		require.Contains(t, report.Refused[0].Reason, "不是税号")
		cat, err := s.Catalog(t.Context())
		require.NoError(t, err)
		require.Equal(t, orders.InvoiceData{Title: "澜州市第一人民医院", TaxNumber: "9144030071526726XG"}, cat.Customer("C1").InvoiceData())
		require.Equal(t, "抬头 澜州市第一人民医院；税号 9144030071526726XG；开户行 中行", cat.Customer("C1").Invoicing())
		require.Equal(t, orders.InvoiceData{}, cat.Customer("C2").InvoiceData(), "all rows or none")
		require.Empty(t, cat.Customer("C2").Invoicing())
	})
}

// Of an order's messages those to the departments are found, whatever became of them.
//
// feature: ST-08
func TestDispatchesAreFound(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		const id = orders.OrderID("SO202603110001")
		now := time.Now()
		aps := orders.Chat{Platform: orders.APS, ID: string(id)}
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			return tx.Send(
				orders.Delivery{Key: "event:1:order.plan:aps", Chat: aps, Kind: orders.DispatchPlan, Order: id, Body: []byte("{}"), Created: now},
				orders.Delivery{Key: "event:2:told:S1", Chat: orders.Chat{Platform: orders.WeCom, ID: "a"}, Kind: "told", Order: id, Body: []byte("{}"), Created: now},
				orders.Delivery{Key: "event:3:order.plan:aps", Chat: orders.Chat{Platform: orders.APS, ID: "SO2"}, Kind: orders.DispatchPlan, Order: "SO2", Body: []byte("{}"), Created: now},
			)
		}))
		state := func() (out orders.Dispatch) {
			require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
				sent, err := tx.DispatchesOf(id)
				require.Len(t, sent, 1)
				out = orders.Dispatches(sent)[2]
				return err
			}))
			return out
		}
		require.Equal(t, orders.DispatchWaiting, state().State)
		claimed := func() orders.Delivery {
			list, err := s.ClaimDeliveries(t.Context(), now.Add(time.Minute), time.Minute, 10)
			require.NoError(t, err)
			for _, d := range list {
				if d.Order == id && d.Kind == orders.DispatchPlan {
					return d
				}
			}
			require.Fail(t, "not claimed")
			return orders.Delivery{}
		}
		require.NoError(t, s.RetryDelivery(t.Context(), claimed(), now, "unavailable: status 500"))
		require.Equal(t, orders.DispatchRetrying, state().State)
		require.Equal(t, "unavailable: status 500", state().Error)
		require.NoError(t, s.FailDelivery(t.Context(), claimed(), now, "rejected: status 422"))
		require.Equal(t, orders.DispatchFailed, state().State)
	})
}
