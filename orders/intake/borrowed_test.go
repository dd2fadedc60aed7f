package intake_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

// borrowed are the cases of a table in testdata/borrowed: cells parted by tabs.
func borrowed(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "borrowed", name))
	require.NoError(t, err)
	var out [][]string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "# ") {
			out = append(out, strings.Split(line, "\t"))
		}
	}
	require.NotEmpty(t, out)
	return out
}

// only is the order of a result that has one, with the questions that are about one of its fields.
func only(t *testing.T, res intake.Result, words, field string) (intake.Draft, string) {
	t.Helper()
	require.Len(t, res.Orders, 1, words)
	require.Len(t, res.Orders[0].Lines, 1, words)
	require.Equal(t, "F8", res.Orders[0].Lines[0].Product, words)
	var about []string
	for _, a := range res.Asks {
		if strings.HasSuffix(a.Field, "."+field) && a.Reason != intake.ReasonUnusual {
			about = append(about, a.Reason)
		}
	}
	return res.Orders[0], strings.Join(about, " ")
}

func TestNumbersOfOtherSuites(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, c := range borrowed(t, "numbers.txt") {
		o, asked := only(t, said(t, x, "白醋"+c[0]+"瓶"), c[0], "quantity")
		if c[1] == "?" {
			require.Equal(t, intake.ReasonAmbiguous, asked, c[0])
			continue
		}
		require.Equal(t, c[1], o.Lines[0].Quantity, c[0])
		require.Empty(t, asked, c[0])
	}
}

func TestMoneyOfOtherSuites(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, c := range borrowed(t, "money.txt") {
		o, asked := only(t, said(t, x, "白醋10瓶，单价"+c[0]), c[0], "price")
		if c[1] == "?" {
			require.Equal(t, intake.ReasonAmbiguous, asked, c[0])
			require.Empty(t, o.Lines[0].Price, c[0])
			continue
		}
		require.Equal(t, c[1], o.Lines[0].Price, c[0])
		require.Empty(t, asked, c[0])
	}
}

func TestDatesOfOtherSuites(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, c := range borrowed(t, "dates.txt") {
		o, asked := only(t, said(t, x, "白醋3件，"+c[0]+"要"), c[0], "deliver_by")
		want, past := strings.CutPrefix(c[1], "? ")
		switch {
		case want == "?":
			require.Equal(t, intake.ReasonAmbiguous, asked, c[0])
		case past:
			require.Equal(t, want, o.DeliverBy, c[0])
			require.Equal(t, intake.ReasonConflict, asked, c[0])
		default:
			require.Equal(t, want, o.DeliverBy, c[0])
			require.Empty(t, asked, c[0])
		}
	}
}

func TestPhonesOfOtherSuites(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, c := range borrowed(t, "phones.txt") {
		o, asked := only(t, said(t, x, "白醋3件，联系电话："+c[0]), c[0], "phone")
		if c[1] == "?" {
			require.Equal(t, intake.ReasonUnknown, asked, c[0])
			continue
		}
		require.Equal(t, c[1], o.Phone, c[0])
		require.Empty(t, asked, c[0])
	}
}

func TestAddressesOfOtherSuites(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, c := range borrowed(t, "addresses.txt") {
		require.Len(t, c, 4)
		o, _ := only(t, said(t, x, "白醋3件"+strings.ReplaceAll(c[0], "|", "\n")), c[0], "address")
		require.Equal(t, c[1:], []string{o.Address, o.Contact, o.Phone}, c[0])
	}
}

func TestWrongPhoneOnAForm(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"12911111111": "orders[0].phone unknown", "1381234567": "orders[0].phone unknown", "13812345678": "", "0351-8908291": ""} {
		res := readForm("C1", sheet("品名|规格|数量|单位", "丁腈手套|M|3|箱", "联系电话|"+value))
		require.Equal(t, want, strings.Join(fields(res.Asks), ", "), value)
	}
}
