package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/cards"
	"orderbot/orders/intake/document"
)

// One order on its whole way, with everything that is said and every file that is made of it: draft, approval, contract, change, pick
// list, count, parcel, return. Its number is the same in every message and file, to staff and customer; what is sent about it names it, or
// its return, which has its digits; and nothing is kept under another number.
//
// feature: RP-04
func TestOneOrderHasOneNumberEverywhere(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), true)
			db := f.sql()
			say := func(who, text string, want ...string) simulator.Bubble {
				quiet(t, db, patience)
				f.clock.advance(2 * time.Minute) // WeCom lets a member get so many messages a minute
				return see(t, text, f.tell(who, text), says(want...))
			}
			id, draft := f.draftOf("zhouting", "澜州一院 外科口罩20箱，丁腈手套M码10箱，收货人何老师，备注送到后门")
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id)), "同意")
			see(t, "approved", f.wecom("zhouting"), says(id, "备货"))
			say("zhouting", "合同 "+id)
			card := see(t, "preview", f.tell("zhouting", id+" 备注改成送到前台"), offers("确认变更", id))
			f.pressWeCom("zhouting", card, "确认变更")
			quiet(t, db, patience)
			for number(t, db, "SELECT COUNT(*) FROM orders WHERE status = 'pending_approval'") > 0 {
				f.decide(t, id, "同意") // the change has to be approved, too
				quiet(t, db, patience)
			}
			say("zhengku", "收到 "+id, id)
			say("zhengku", "拣货单 "+id)
			say("zhengku", "拣货 "+id+" B-12 架", id)
			say("zhengku", "复核 "+id, id)
			for _, words := range []string{"进度 ", "明细 ", "轨迹 ", "触点 ", "依据 ", "附件 ", "异常 ", "退换 "} {
				say("zhouting", words+id)
			}
			say("zhouting", "待办")
			say("zhengku", "发货 "+id+" 自提", id)
			say("zhengku", "自提完成 "+id, id)
			see(t, "the customer hears", f.account("openid-he"), says(id))
			see(t, "where it is", f.writes("openid-he", "我的订单到哪了"), says(id))
			card = see(t, "a return", f.tell("zhouting", "退货 "+id+" 口罩1箱 质量"), offers("签字", "TH"))
			f.pressWeCom("zhouting", card, "签字")
			f.pressWeCom("zhengku", see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", "TH")), "全部良品入库")
			quiet(t, db, patience)
			th := "TH" + strings.TrimPrefix(id, "SO") + "-1"
			say("zhouting", "凭证 "+th, th)
			say("guanli", "看板")
			say("guanli", "日报")
			quiet(t, db, patience)

			anyNumber, files, kinds := regexp.MustCompile(`(?i)(?:SO|TH)[-\s]?\d{8}[-\s]?\d{4,}(?:-\d+)?`), 0, map[string]bool{}
			for _, row := range texts(t, db, "SELECT CASE WHEN order_id = '' THEN '-' ELSE order_id END, kind, body FROM deliveries ORDER BY id") {
				about, rest, _ := strings.Cut(row, " ")
				kind, body, _ := strings.Cut(rest, " ")
				var m cards.Message
				require.NoError(t, json.Unmarshal([]byte(body), &m))
				if m.File != nil {
					doc, err := document.Open(t.Context(), m.File.Name, m.File.Data, nil)
					require.NoError(t, err)
					require.Contains(t, m.File.Name, id, "the name of a file")
					text := ""
					for _, p := range doc.Pages {
						for _, l := range p.Lines {
							text += l.Text + "\n"
						}
						text += fmt.Sprint(p.Tables)
					}
					require.Contains(t, text, id, m.File.Name)
					body = m.File.Name + " " + text
					files++
				}
				found := anyNumber.FindAllString(zeroWidth.Replace(body), -1)
				for _, n := range found {
					require.True(t, n == id || n == th, "%s in %s", n, body)
				}
				kinds[kind] = true
				if about == id && !slices.Contains(found, id) {
					require.Contains(t, found, th, "%s says nothing of its order: %s", kind, body)
				}
				require.Contains(t, []string{id, "-"}, about)
			}
			require.GreaterOrEqual(t, files, 2, "contract and pick list")
			require.Greater(t, len(kinds), 8, "%v", kinds)
			for _, table := range []string{"order_lines", "order_nodes", "shipments", "order_changes", "order_returns", "audit", "events", "exceptions", "snags", "order_links", "order_reasons"} {
				for _, of := range texts(t, db, "SELECT DISTINCT order_id FROM "+table+" WHERE order_id <> ''") {
					require.Equal(t, id, of, table)
				}
			}
			f.stop()
		})
	}
}
