package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// keeper keeps the attachments of one order in memory.
type keeper struct{ list []orders.Attachment }

func (*keeper) Order(id orders.OrderID) (*orders.Order, error) { return &orders.Order{ID: id}, nil }

func (k *keeper) Attachments(orders.OrderID) ([]orders.Attachment, error)   { return k.list, nil }
func (*keeper) DropAttachment(orders.OrderID, int, string, time.Time) error { return nil }
func (*keeper) Audit(...orders.AuditEntry) error                            { return nil }
func (k *keeper) PutAttachment(a orders.Attachment, _ []byte) (orders.Attachment, error) {
	a.No = len(k.list) + 1
	k.list = append(k.list, a)
	return a, nil
}

// A file is called so that it can be shown and sent; what is no document, or too much, is refused.
func TestWhatIsKeptWithAnOrder(t *testing.T) {
	t.Parallel()
	by := orders.Actor{Code: "S01", Name: "周婷", Staff: &orders.Staff{Code: "S01"}}
	for name, c := range map[string]struct {
		name, data string
		want       string // the name; empty: it is refused
	}{
		"as it is called":     {"采购合同.PDF", "x", "采购合同.pdf"},
		"without its folders": {`C:\单据\..\送货单.jpg`, "x", "送货单.jpg"},
		"climbing":            {"../../etc/合同.pdf", "x", "合同.pdf"},
		"invisible signs":     {"合\u202e同\x00\n.pdf", "x", "合同.pdf"},
		"only a kind":         {".pdf", "%PDF-1.7", "pdf.pdf"},
		"long":                {strings.Repeat("长", 100) + ".pdf", "x", strings.Repeat("长", 60) + ".pdf"},
		"a nameless picture":  {"", "\xff\xd8\xff\xe0", "图片.jpg"},
		"a name without kind": {"扫描件", "%PDF-1.4", "扫描件.pdf"},
		"a program":           {"setup.exe", "MZ", ""},
		"a program in a coat": {"照片.exe", "\x89PNG", ""},
		"nameless nothing":    {"", "MZ", ""},
		"empty":               {"合同.pdf", "", ""},
		"too large":           {"合同.pdf", strings.Repeat("x", orders.MaxAttachment+1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := orders.Attach(&keeper{}, "SO202603110001", c.name, []byte(c.data), "", by, time.Time{})
			if c.want == "" {
				require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, a.Name)
		})
	}
	full := &keeper{list: make([]orders.Attachment, orders.MaxAttachments)}
	_, err := orders.Attach(full, "SO202603110001", "合同.pdf", []byte("x"), "", by, time.Time{})
	require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
}
