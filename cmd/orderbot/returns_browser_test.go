package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// At the end of a delivered order the customer sends part of it back, by typing and clicking on the demo's page: cause, document,
// signature, the warehouse's inspection.
//
// feature: CH-06
func TestPartOfAnOrderComesBackWithASignatureOnThePage(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	p := play(t, d, 1440, 900)
	id := ""
	p.wholeWay(func(name string) {
		if name == "end" {
			id = p.panel("delivered")
		}
	})
	th := "TH" + strings.TrimPrefix(id, "SO") + "-1"
	p.write("customer", "退货 "+id+" 手套2箱 质量")
	letter := p.sees("customer", th, "签字后才生效", "SHA-256")
	say := regexp.MustCompile(`签字 ` + th + ` [0-9a-f]{12}`).FindString(letter)
	require.NotEmpty(t, say, letter)
	p.write("customer", say)
	p.sees("customer", "已签字 "+th, "SHA-256")
	require.Equal(t, id, p.panel("returning"))
	p.fits()
	p.sees("sales", th, "已签字")
	p.presses("warehouse", "全部良品入库", th)
	p.sees("warehouse", "已验收 "+th)
	p.sees("customer", th, "已办完", "退回")
	require.Equal(t, id, p.panel("delivered"))
	p.fits()
	o, err := d.server.store.FindOrder(t.Context(), orders.OrderID(id))
	require.NoError(t, err)
	r := o.Return(1)
	require.Equal(t, r.Digest(), r.Signature.Digest)
	require.Contains(t, letter, r.Digest())
	require.Equal(t, orders.ServiceAccount, r.Signature.Platform)
}
