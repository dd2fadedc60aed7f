package cards_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
)

// feature: SC-03
func TestTheInternalNoteIsTheWarehousesOnly(t *testing.T) {
	t.Parallel()
	const note = "外箱要完好"
	seen := 0
	for name, list := range scenes() {
		all, err := json.Marshal(list)
		require.NoError(t, err)
		if name == "picking" || name == "detail" {
			require.Contains(t, string(all), note, name)
			seen++
			continue
		}
		require.NotContains(t, string(all), note, name)
	}
	require.Equal(t, 2, seen)
	for _, v := range []cards.DetailView{{}, {ForCustomer: true}, {HidePrices: true}} {
		require.NotContains(t, cards.Detail(draft(), v).Text, note)
	}
}

func TestPricesAreNoneOfTheWarehousesBusiness(t *testing.T) {
	t.Parallel()
	all := append(cards.Picking(urgent(pending()), true, cards.PickView{}), cards.UrgentAlert(signer, urgent(pending())), cards.Detail(pending(), cards.DetailView{HidePrices: true}))
	raw, err := json.Marshal(all)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "¥")
}

var (
	lineNo = regexp.MustCompile(`(?m)^(\d+)\. `)
	left   = regexp.MustCompile(`其余 (\d+) 行`)
)

// feature: IN-25
func TestNoLineOfADraftIsLost(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 4, 10, 17, 18, 33, 34, 35, 36, 60, 200, 1000} {
		for _, link := range []string{"", "https://orders.example.com/o/k7"} {
			o := longDraft(n)
			o.Lines = o.Lines[:n]
			list := cards.Draft(signer, o, cards.DraftView{Link: link})
			require.LessOrEqual(t, len(list), 3, n)
			require.LessOrEqual(t, len(cards.Draft(signer, o, cards.DraftView{Link: link, Announced: true})), 2, n)
			shown := 0
			for _, m := range list[:len(list)-1] {
				require.LessOrEqual(t, len(m.Text), cards.TextLimit)
				for _, no := range lineNo.FindAllStringSubmatch(m.Text, -1) {
					shown++
					require.Equal(t, strconv.Itoa(shown), no[1])
				}
			}
			last := list[len(list)-2].Text
			if rest := left.FindStringSubmatch(last); rest != nil {
				require.Equal(t, strconv.Itoa(n-shown), rest[1])
				if link != "" {
					require.Contains(t, last, link)
				} else {
					require.Contains(t, last, "「明细 SO202603110012」")
				}
			} else {
				require.Equal(t, n, shown)
			}
			require.Contains(t, last, fmt.Sprintf("共 %d 行", n))
		}
	}
}

func TestDetailHoldsEveryLine(t *testing.T) {
	t.Parallel()
	o := longDraft(200)
	next := regexp.MustCompile(`「明细 SO202603110012 (\d+)」`)
	var text strings.Builder
	for page := 1; ; {
		m := cards.Detail(o, cards.DetailView{Page: page})
		require.LessOrEqual(t, len(m.Text), cards.TextLimit)
		text.WriteString(m.Text + "\n")
		more := next.FindStringSubmatch(m.Text)
		if more == nil {
			break
		}
		page++
		require.Equal(t, strconv.Itoa(page), more[1])
	}
	for i, no := range lineNo.FindAllStringSubmatch(text.String(), -1) {
		require.Equal(t, strconv.Itoa(i+1), no[1])
	}
	require.Len(t, lineNo.FindAllString(text.String(), -1), 200)
}

func TestWantedDates(t *testing.T) {
	t.Parallel()
	now := at(11, 10, 0)
	for in, want := range map[string]string{
		"":                          "",
		"2026-03-13":                "3月13日 周五",
		"2026-03-13T18:00:00+08:00": "3月13日 周五 18:00前",
		"2026-03-13T10:00:00Z":      "3月13日 周五 18:00前",
		"2027-01-03":                "2027年1月3日 周日",
		"节前":                        "节前",
	} {
		require.Equal(t, want, cards.Wanted(in, now), in)
	}
	require.Equal(t, "3月13日 周五", cards.Wanted("2026-03-13", time.Time{}))
}

// feature: LG-04
func TestParcelColours(t *testing.T) {
	t.Parallel()
	for state, want := range map[orders.ParcelState]string{
		orders.ParcelNone: "⚪⚪⚪⚪ 待揽收", orders.ParcelPickedUp: "🔴⚪⚪⚪ 已揽收", orders.ParcelInTransit: "🔴🟡⚪⚪ 在途中", orders.ParcelOut: "🔴🟡🟢⚪ 派件中",
		orders.ParcelDelivered: "🔴🟡🟢🔵 已签收", orders.ParcelException: "⚠️ 异常", orders.ParcelReturned: "↩️ 已退回",
	} {
		require.Equal(t, want, cards.Bar(state))
	}
}

func TestOptionsStayApartOnButtons(t *testing.T) {
	t.Parallel()
	texts := func(labels ...string) []string {
		options := make([]string, len(labels))
		for i := range labels {
			options[i] = fmt.Sprintf("P%03d", i)
		}
		o := withQuestions(draft(), orders.Question{Field: "lines[0].product", Reason: "ambiguous", Text: "哪一种？", Options: options, Labels: labels})
		list := cards.Draft(signer, o, cards.DraftView{})
		var out []string
		for i, b := range list[len(list)-1].Card.Buttons {
			a, err := signer.Open(b.Action)
			require.NoError(t, err)
			if a.Verb == cards.Choose {
				require.Equal(t, options[i], a.Arg)
				out = append(out, b.Text)
			}
		}
		return out
	}
	require.Equal(t, []string{"大号", "小号"}, texts("大号", "小号"))
	require.Equal(t, []string{"1. 14Fr", "2. 16Fr"}, texts("一次性使用无菌导尿管 14Fr", "一次性使用无菌导尿管 16Fr"))
	require.Equal(t, []string{"选 1", "2. 双腔超滑加长型"}, texts("一次性使用无菌导尿管", "一次性使用无菌导尿管 双腔超滑加长型"))
	require.Equal(t, []string{"选 1"}, texts("一次性使用无菌导尿管 双腔超滑加长型"))
	require.Len(t, texts("1", "2", "3", "4", "5", "6"), 3, "the others are answered by number")
	require.Equal(t, []string{"1. 折叠式", "2. 杯型"}, texts("医用防护口罩 N95 折叠式 25只/盒", "医用防护口罩 N95 杯型 20只/盒"))
	require.Equal(t, []string{"选 1", "选 2", "3. 小号"}, texts("手套 大号 独立包装每箱二十盒", "手套 大号 散装每箱二十包", "手套 小号 散装每箱二十包"), "two begin with the same word")
}

// What is told of a staged order is the day of what leaves next, and how that stands; its contract has all of the plan.
//
// feature: ST-19
func TestAStagedOrderIsWantedByTheDayOfItsStage(t *testing.T) {
	t.Parallel()
	o := draft()
	o.Lines, o.Total = o.Lines[:1], o.Lines[0].Amount
	o.Status, o.ConfirmedAt, o.DeliverBy = orders.StatusAllocated, at(11, 10, 0), "2026-03-12"
	o.Reached = map[orders.Status]time.Time{orders.StatusAllocated: at(13, 10, 0)}
	l := &o.Lines[0]
	half := l.Base.Div(dec("2"))
	l.Sent, l.Reserved = half, half
	o.Staged = &orders.Staged{
		Stages: []orders.Stage{{Due: "2026-03-13", Base: map[int]orders.Quantity{l.No: half}}, {Due: "2026-04-10", Base: map[int]orders.Quantity{l.No: half}}},
		Nodes:  []orders.PayNode{{Name: "签约", Share: 3000, When: orders.PaySigned}, {Name: "验收", Share: 7000, When: orders.PayArrived}},
	}
	o.Work.Stages.Sent = []time.Time{at(13, 9, 0)}
	o.Shipments = []orders.Shipment{{No: 1, Stage: 1, Carrier: "SF", Tracking: "SF1234567890123", ShippedAt: at(13, 9, 0)}}

	now := at(14, 12, 0)
	require.False(t, cards.Late(o, now))
	delay := cards.Delay(o, catalog(), now, true).Text
	require.Contains(t, delay, "要求 4月10日 周五到，还没到时间")
	require.Contains(t, delay, "SF1234567890123", "of the first stage, which is on its way")
	require.Contains(t, delay, "第 2 期（共 2 期）还没有发货")
	o.Shipments[0].State = orders.ParcelDelivered
	require.NotContains(t, cards.Delay(o, catalog(), now, true).Text, "SF1234567890123")
	require.True(t, cards.Late(o, time.Date(2026, 4, 11, 0, 0, 1, 0, beijing)))
	for _, text := range []string{cards.Detail(o, cards.DetailView{}).Text, cards.Shortage(o).Text, cards.UrgentAlert(signer, o).Text} {
		require.Contains(t, text, "4月10日 周五")
		require.NotContains(t, text, "3月12日")
	}

	zipped, err := zip.NewReader(bytes.NewReader(cards.Contract(o, nil).Data), int64(len(cards.Contract(o, nil).Data)))
	require.NoError(t, err)
	document, err := zipped.Open("word/document.xml")
	require.NoError(t, err)
	contract, err := io.ReadAll(document)
	require.NoError(t, err)
	for _, words := range []string{"第1期 2026-03-13", "第2期 2026-04-10", "签约 30%", "验收 70%"} {
		require.Contains(t, string(contract), words)
	}
	require.NotContains(t, string(contract), "3月12日")
}
