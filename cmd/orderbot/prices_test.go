package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// load imports a table given as rows of CSV.
func (f *firm) load(kind string, rows ...string) {
	f.t.Helper()
	file := filepath.Join(f.t.TempDir(), kind+".csv")
	require.NoError(f.t, os.WriteFile(file, []byte(strings.Join(rows, "\n")+"\n"), 0o600))
	f.command("import", kind, file)
}

// automatic writes a rules file by which no order needs a person, with further sections.
func automatic(t *testing.T, more string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(file, []byte("routes:\n  - {name: 直通, when: 其余, steps: []}\n"+more), 0o600))
	return "ORDERBOT_RULES=" + file
}

// draftOf lets a salesperson write an order and returns its number and card.
func (f *firm) draftOf(who, text string) (string, simulator.Bubble) {
	f.t.Helper()
	quiet(f.t, f.sql(), patience) // a card of before may come again
	b := see(f.t, "draft of "+text, f.tell(who, text), offers("确认下单"))
	return orderNumber.FindString(b.Title + b.Text + string(b.Card)), b
}

// Every customer has its own prices, and every price says where it comes from and holds to the second.
//
// feature: MD-01, MD-04, MD-05, MD-06
func TestPrices(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			change := f.clock.now().Add(2 * time.Hour).In(location).Truncate(time.Second)
			f.load("products", "code,name,spec,unit,packs,price,stock",
				"X01,晶振灯,9W,只,箱=20,5.55,9000", "X02,底座,A,个,,30,9000", "X03,灯杆,3米,根,,40,9000", "X04,灯罩,圆,个,,50,9000")
			f.load("customers", "code,name,sales,group,address", "K01,蓝海灯具行,S01,,南京市江宁区将军大道88号", "K02,远山诊所,S01,连锁,苏州市吴中路1号")
			f.load("customer-items", "customer,item,product,price", "K01,LH-9,X01,4.44")
			f.load("prices", "product,scope,price,mode,valid_from",
				"X01,价格组:连锁,3.33,,", "X02,客户:K02,29,寄售,", "X03,客户:K02,38,按需结算,", "X04,客户:K02,47,年度框架,", "X02,全部,31,,"+change.Format("2006-01-02 15:04:05"))
			f.serve()
			f.sim.KF.AddCustomer("wm-lan", "兰老板", "")
			f.sim.KF.AddCustomer("wm-yuan", "袁医生", "")
			f.bind(map[string]orders.CustomerCode{"wm-lan": "K01", "wm-yuan": "K02"})
			ctx := t.Context()
			db := f.sql()
			screen := f.wecom("zhouting")

			// One price for each customer, and never the other's in any message of theirs.
			for person, price := range map[string]string{"wm-lan": "¥4.44/只", "wm-yuan": "¥3.33/只"} {
				require.True(t, f.sim.KF.SendText(ctx, person, "晶振灯10只").Accepted)
				see(t, "price for "+person, f.kf(person), says(price))
			}
			for person, other := range map[string]string{"wm-lan": "3.33", "wm-yuan": "4.44"} {
				f.sim.KF.SendText(ctx, person, "晶振灯多少钱")
				see(t, "quote for "+person, f.kf(person), says("还没有下单；要订请说数量"))
				for _, b := range f.kf(person)() {
					require.False(t, says(other)(b), "%s sees %s", person, b.Text)
				}
			}

			// The four modes: what is owed by ordering.
			for _, tt := range []struct {
				text, rule  string
				total, held int64
			}{
				{"远山诊所 晶振灯1箱", "价格组价", 66_60, 66_60},
				{"远山诊所 X02 2个", "客户价 寄售", 58_00, 0},
				{"远山诊所 X03 2根", "客户价 按需结算", 76_00, 0},
				{"远山诊所 X04 2个", "客户价 年度框架", 94_00, 94_00},
			} {
				id, card := f.draftOf("zhouting", tt.text)
				require.Contains(t, string(card.Card), tt.rule)
				f.pressWeCom("zhouting", card, "确认下单")
				see(t, "placed", screen, says("已下单", id))
				require.Equal(t, tt.total, number(t, db, "SELECT total FROM orders WHERE id = ?", id), tt.text)
				require.Equal(t, tt.held, number(t, db, "SELECT held FROM orders WHERE id = ?", id), tt.text)
			}

			// A price that the customer does not have is decided by somebody, whatever the route.
			special, card := f.draftOf("zhouting", "远山诊所 晶振灯10只 单价3.2")
			require.Contains(t, string(card.Card), "特价")
			f.pressWeCom("zhouting", card, "确认下单")
			see(t, "placed", screen, says("已下单", special))
			card = see(t, "special price", f.dingtalk("dt-wangmin"), offers("同意", special, "特价"))
			require.Equal(t, []string{"pending_approval"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", special))
			f.pressDingTalk("dt-wangmin", card, "同意")
			see(t, "approved", screen, says(special, "已批准"))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE order_id = ? AND action LIKE '同意%' AND actor = 'S10'", special))

			// A second before the new list its price is the old one, from its second on the new one.
			before, early := f.draftOf("zhouting", "蓝海灯具行 X02 3个")
			after, late := f.draftOf("zhouting", "蓝海灯具行 X02 4个")
			f.clock.fast.Store(&fastClock{change.Add(-time.Second), 0})
			f.pressWeCom("zhouting", early, "确认下单")
			see(t, "placed", screen, says("已下单", before))
			f.clock.fast.Store(&fastClock{change, 0})
			f.pressWeCom("zhouting", late, "确认下单")
			see(t, "notice", screen, says(after, "价格刚有变动", "原来 ¥30/个（目录价），现在 ¥31/个（价目表）"))
			late = see(t, "new card", screen, offers("确认下单", after, "第 2 版", "价格有变", "¥31.00"))
			f.clock.fast.Store(&fastClock{change.Add(time.Second), 0})
			f.pressWeCom("zhouting", late, "确认下单")
			see(t, "placed", screen, says("已下单", after))
			require.EqualValues(t, 90_00, number(t, db, "SELECT total FROM orders WHERE id = ?", before))
			require.EqualValues(t, 124_00, number(t, db, "SELECT total FROM orders WHERE id = ?", after))
		})
	}
}
