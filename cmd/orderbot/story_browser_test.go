package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// The second half of an order's life on a phone, by typing and clicking alone: what the customer wants is short, others are offered and
// the customer consents; the order is approved, split into two batches that leave one after the other; of the second one part comes back,
// signed for by the customer.
//
// feature: ST-04, DM-04, CH-04
func TestFromAShortageToAReturnOnAPhone(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	p := play(t, d, 390, 844)
	p.sees("customer", "绑定成功")
	look := func(name string) {
		p.fits()
		p.shot("story-" + name)
	}
	number := regexp.MustCompile(`SO\d{12}`)

	// Short, offered, consented: nothing is swapped before the customer says so.
	p.write("customer", "N95杯型2箱，丁腈手套M码8箱")
	offer := p.sees("customer", "缺货", "换成 P006")
	look("offer")
	id := number.FindString(offer)
	require.Equal(t, id, p.panel("draft"))
	find := func(id string) *orders.Order {
		o, err := d.server.store.FindOrder(t.Context(), orders.OrderID(id))
		require.NoError(t, err)
		return o
	}
	require.EqualValues(t, "P007", find(id).Lines[0].Product)
	p.chooses("customer", "换成 P006 "+id)
	p.sees("customer", id+" 已按您说的把", "换成 P006")
	p.sees("customer", "确认 "+id, "P006")
	look("swapped")
	require.EqualValues(t, "P006", find(id).Lines[0].Product)
	p.chooses("customer", "确认 "+id)
	p.sees("customer", "已下单", id)
	look("placed")

	// Two batches.
	p.sees("warehouse", "拣货", id)
	p.write("sales", id+" 拆两批：先发手套，剩下的下周一")
	p.sees("sales", "第 1 批", "第 2 批", "不变")
	look("split")
	p.presses("sales", "确认拆分", id)
	both := number.FindAllString(p.sees("sales", "已拆成 2 批", id), -1)
	second := both[len(both)-1]
	require.NotEqual(t, id, second)
	p.sees("warehouse", "拆自 "+id, second)
	p.presses("warehouse", "收到", id)
	p.sees("warehouse", "已收到", id)
	look("taken")
	p.write("warehouse", "发货 "+id+" SF1234567890123")
	p.sees("warehouse", "已发货 "+id)
	p.write("warehouse", "发货 "+second+" SF1234567890124")
	p.sees("warehouse", "已发货 "+second)
	look("shipped")
	require.Equal(t, second, p.panel("shipped"))
	for _, step := range [][2]string{{"揽收", "picked_up"}, {"运输", "in_transit"}, {"派件", "out_for_delivery"}, {"签收", "delivered"}} {
		p.courier(step[0])
		require.Equal(t, second, p.panel(step[1]))
	}
	look("panel")

	// Part of the second batch comes back.
	p.write("customer", "退货 "+second+" N95 1箱 质量")
	th := "TH" + strings.TrimPrefix(second, "SO") + "-1"
	letter := p.sees("customer", th, "签字后才生效", "SHA-256")
	look("letter")
	say := regexp.MustCompile(`签字 ` + th + ` [0-9a-f]{12}`).FindString(letter)
	require.NotEmpty(t, say, letter)
	p.write("customer", say)
	p.sees("customer", "已签字 "+th, "SHA-256")
	look("signed")
	require.Equal(t, second, p.panel("returning"))
	p.sees("sales", th, "已签字")
	p.presses("warehouse", "全部良品入库", th)
	p.sees("warehouse", "已验收 "+th)
	look("received")
	p.sees("customer", th, "已办完", "退回")
	look("done")
	require.Equal(t, second, p.panel("delivered"))

	first, last := find(id), find(second)
	require.Equal(t, orders.StatusShipped, first.Status)
	r := last.Return(1)
	require.Equal(t, r.Digest(), r.Signature.Digest)
	require.Contains(t, letter, r.Digest())
	require.Equal(t, "20", r.Lines[0].Good.String())
	require.Equal(t, last.Receivable()-r.Credited, last.Held)
	require.Positive(t, r.Credited)
}

// chooses takes the newest entry of a menu on a phone.
func (p *player) chooses(phone, entry string) {
	p.t.Helper()
	p.hold(phone)
	p.do("choose "+entry, chromedp.Click(chromedp.Search(fmt.Sprintf(`(//*[@id="chat-%s"]//button[normalize-space()="%s"])[last()]`, phone, entry))))
}
