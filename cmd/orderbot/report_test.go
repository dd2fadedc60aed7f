package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/cards"
	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// wordsOf are the words of a PDF file, line by line, as a reader finds them.
func wordsOf(t *testing.T, data []byte) string {
	t.Helper()
	require.True(t, strings.HasPrefix(string(data), "%PDF-"))
	doc, err := inProcess{}.Open(t.Context(), "report.pdf", data, nil)
	require.NoError(t, err)
	var b strings.Builder
	for _, p := range doc.Pages {
		for _, l := range p.Lines {
			b.WriteString(l.Text + "\n")
		}
	}
	return b.String()
}

// reportFirm is a firm with three customers, of whom two are key customers, each with somebody in the service account, on a Monday morning of
// October.
func reportFirm(t *testing.T, database string, settings ...string) *returning {
	t.Helper()
	f := newFirm(t, database, medical, append([]string{
		"ORDERBOT_REPORTS__KEY_CUSTOMERS=A,VIP", "ORDERBOT_SERVICE_ACCOUNT__TEMPLATES__CONFIRMED=T1", "ORDERBOT_SERVICE_ACCOUNT__TEMPLATES__SHIPPED=T2",
		"ORDERBOT_SERVICE_ACCOUNT__TEMPLATES__DELIVERED=T3", "ORDERBOT_SERVICE_ACCOUNT__TEMPLATES__DELAYED=T4",
	}, settings...)...)
	f.env = append(f.env, automatic(t, ""), "ORDERBOT_SERVER__PUBLIC_URL=http://"+f.address)
	f.load("products", "code,name,unit,price,stock", "X01,显影导丝,根,5,1000", "X02,微导管,根,5,3", "X03,健康报告册,本,5,100")
	f.load("customers", "code,name,level,sales,address", "K01,蓝海诊所,A,S01,南京市江宁区将军大道88号", "K02,青山诊所,A,S02,南京市江宁区将军大道90号", "K03,小河诊所,C,S01,南京市江宁区将军大道91号")
	f.sim.ServiceAccount.AddFollower("openid-he", "何文静", "")
	f.sim.ServiceAccount.AddFollower("openid-jiang", "蒋敏", "")
	f.clock.set(time.Date(2026, 10, 12, 10, 0, 0, 0, location))
	f.files = inProcess{}
	f.serve()
	r := &returning{firm: f, t: t}
	r.bindAccount("openid-he", "K01")
	r.bindAccount("openid-jiang", "K03")
	return r
}

// bindAccount ties somebody in the service account to a customer, as the flow of binding codes would have done.
func (f *returning) bindAccount(person string, customer orders.CustomerCode) {
	f.t.Helper()
	require.NoError(f.t, f.server.store.Do(f.t.Context(), func(tx *storage.Tx) error {
		return tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: person, Customer: customer, By: "S99", At: f.clock.now()})
	}))
}

// page fetches a page of the server by the address that people got.
func (f *returning) page(address string) (int, []byte) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, address, nil)
	require.NoError(f.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(f.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	return resp.StatusCode, data
}

// october is what the two key customers do in October.
func (f *returning) october() (first, second string) {
	t := f.t
	t.Helper()
	first = f.confirmed("zhouting", "蓝海诊所 显影导丝20根，10月16日前送到")
	f.clock.advance(2 * time.Minute)
	preview := see(t, "preview", f.tell("zhouting", first+" 数量改成 30根"), offers("确认变更", first, "30根"))
	f.clock.advance(2 * time.Minute)
	f.pressWeCom("zhouting", preview, "确认变更")
	quiet(t, f.sql(), patience)
	f.clock.advance(2 * time.Minute)
	see(t, "taken", f.tell("zhengku", "收到 "+first), says("看过"))
	see(t, "ready", f.tell("zhengku", "发货 "+first+" 自提"), says(first, "自提"))
	see(t, "fetched", f.tell("zhengku", "自提完成 "+first), says(first))
	f.clock.advance(2 * time.Minute)
	second = f.confirmed("zhouting", "蓝海诊所 显影导丝10根，10月15日前送到")
	see(t, "shipped", f.tell("zhengku", "发货 "+second+" SF1234567890123"), says("已发货", second))
	quiet(t, f.sql(), patience)
	f.clock.advance(22 * time.Hour)
	token := texts(t, f.sql(), "SELECT token FROM shipments WHERE order_id = ?", second)[0]
	trace := []orders.ParcelEvent{{At: f.clock.now(), Text: "已签收", State: orders.ParcelDelivered}}
	require.NoError(t, f.server.tracker.Push(t.Context(), token, orders.ParcelDelivered, trace))
	require.Equal(t, orders.StatusDelivered, f.status(t, second))
	quiet(t, f.sql(), patience)
	f.confirmed("zhouting", "蓝海诊所 微导管5根")
	quiet(t, f.sql(), patience)
	see(t, "where", f.writes("openid-he", first), says(first))
	f.clock.advance(2 * time.Minute)
	third := f.confirmed("chenli", "青山诊所 显影导丝7根，10月20日前送到")
	see(t, "ready", f.tell("zhengku", "发货 "+third+" 自提"), says(third, "自提"))
	see(t, "fetched", f.tell("zhengku", "自提完成 "+third), says(third))
	_, draft := f.draftOf("chenli", "健康报告册 3本，青山诊所")
	require.Contains(t, draft.Text+string(draft.Card), "健康报告册", "words of the command in an order are goods")
	quiet(t, f.sql(), patience)
	return first, second
}

// november restarts the server on the first working day of November, at an hour.
func (f *returning) november(hour int) {
	f.t.Helper()
	f.stop()
	f.clock.set(time.Date(2026, 11, 2, hour, 30, 0, 0, location))
	f.serve()
}

// On the first working day of a month the report of each key customer is made and laid before its salesperson: twelve figures, counted by
// hand here, in a PDF file. Nothing of it reaches the customer before it is released; released, it goes to the customer's own accounts alone,
// once, whoever presses again; who has no right to it gets nothing, and nobody of the staff or of other customers is in it.
//
// feature: RP-07, CH-11
func TestTheMonthlyReportGoesToTheCustomerOnceItIsReleased(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := reportFirm(t, database(t))
			db := f.sql()
			_, second := f.october()
			f.november(9)
			see(t, "the file", f.wecom("zhouting"), file("健康报告-K01-202610.pdf"))
			old := see(t, "the card", f.wecom("zhouting"), offers("放行", "健康报告 2026年10月", "K01 蓝海诊所"))
			see(t, "of the other one", f.wecom("chenli"), offers("放行", "K02 青山诊所"))
			quiet(t, db, patience)
			require.Equal(t, []string{"K01 2026-10", "K02 2026-10"}, texts(t, db, "SELECT customer, month FROM reports ORDER BY customer"), "the third is no key customer")

			// It is brought to what is known now until it is released; then the first card is of no use.
			f.clock.advance(2 * time.Minute)
			see(t, "a ticket", f.tell("zhouting", second+" 这单错了 少发配件包"), says("已记纠错工单"))
			f.clock.advance(2 * time.Minute)
			screen := f.tell("wangmin", "健康报告 蓝海诊所 2026-10")
			pdf := f.got(t, see(t, "the file", screen, file("健康报告-K01-202610.pdf")))
			card := see(t, "the card", screen, offers("放行", "K01 蓝海诊所"))
			got := wordsOf(t, pdf)
			for _, want := range []string{"蓝海诊所", "履约达成率2/2", "缺货率1/3", "33.3%", "自助查询率1/1", "每项怎么算"} { // PDFium, which has no faces here, drops words of one character
				require.Contains(t, strings.NewReplacer(" ", "", "\n", "").Replace(got), want)
			}
			figures := strings.Join(texts(t, db, "SELECT figures FROM reports WHERE customer = 'K01'"), "")
			var stored []orders.Indicator
			require.NoError(t, json.Unmarshal([]byte(figures), &stored))
			want := map[orders.IndicatorKind]string{
				orders.IndicatorFulfilled: "2/2", orders.IndicatorOnTime: "2/2", orders.IndicatorChange: "0/1", orders.IndicatorAccuracy: "0/2", orders.IndicatorResponse: "0/3",
				orders.IndicatorHandling: "0/3", orders.IndicatorUrgent: "0/0", orders.IndicatorShortage: "1/3", orders.IndicatorReturned: "0/2", orders.IndicatorHealed: "0/1",
				orders.IndicatorTransit: "0/1", orders.IndicatorSelf: "1/1",
			}
			require.Len(t, stored, 12)
			for _, i := range stored {
				require.Equal(t, want[i.Kind], fmt.Sprintf("%d/%d", i.Part, i.Of), i.Kind)
			}
			require.Equal(t, 22*time.Hour, stored[10].Sum.Round(time.Hour))
			require.Less(t, stored[2].Sum, 3*time.Minute)
			for _, names := range []string{"周婷", "王敏", "郑库", "青山", "小河", "¥", "SO2026"} {
				require.NotContains(t, got, names)
			}

			// Nothing has reached anybody of the customer, and nobody else may release it.
			f.clock.advance(2 * time.Minute)
			for who, words := range map[string]string{"chenli": "由 周婷 负责", "zhengku": "由 周婷 负责", "hefu": "由 周婷 负责", "lizhang": "由 周婷 负责"} {
				for _, command := range []string{"健康报告 K01 2026-10", "放行健康报告 K01 2026-10"} {
					see(t, who, f.tell(who, command), says(words))
				}
			}
			see(t, "not yet", f.writes("openid-he", "健康报告"), says("2026年10月健康报告还没有"))
			require.Empty(t, texts(t, db, "SELECT body FROM deliveries WHERE kind = 'report'"))
			token := texts(t, db, "SELECT token FROM reports WHERE customer = 'K01'")[0]
			link := "http://" + f.address + "/r/" + token
			status, _ := f.page(link)
			require.Equal(t, http.StatusNotFound, status)
			see(t, "not over", f.tell("wangmin", "健康报告 K01 11月"), says("2026年11月还没过完", "12月1日"))
			see(t, "no orders", f.tell("wangmin", "健康报告 K03"), says("小河诊所 在 2026年10月没有订单往来"))
			see(t, "not made", f.tell("wangmin", "放行健康报告 K03 2026-09"), says("还没有出，没有放行"))
			f.pressWeCom("zhouting", old, "放行")
			see(t, "stale", f.wecom("zhouting"), says("不是最新的，没有发出"))
			require.Empty(t, texts(t, db, "SELECT body FROM deliveries WHERE kind = 'report'"))

			// Released: it is there, for this customer alone.
			others := len(f.account("openid-jiang")())
			f.clock.advance(2 * time.Minute)
			f.pressWeCom("wangmin", card, "放行")
			see(t, "released", f.wecom("wangmin"), says("已放行：蓝海诊所 的 2026年10月健康报告，发给服务号里绑定的 1 人"))
			there := see(t, "there", f.account("openid-he"), says(
				"2026年10月健康报告：蓝海诊所", "1. 履约达成率：100%（2/2 单）", "2. 准时交付率：100%（2/2 单）", "3. 变更响应时效：", "4. 订单准确率：0%（0/2 单）", "7. 加急达标率：没有数据",
				"8. 缺货率：33.3%（1/3 单）", "11. 平均在途天数：0.9 天（1 单）", "12. 自助查询率：100%（1/1 次）", link))
			for _, names := range []string{"周婷", "王敏", "青山"} {
				require.NotContains(t, there.Text, names)
			}
			status, data := f.page(link)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, pdf, data, "what was seen is what is sent")
			quiet(t, db, patience)

			// Again, by anybody, in any way: it is not sent again.
			f.clock.advance(2 * time.Minute)
			f.sim.WeCom.Click(t.Context(), "wangmin", card.TaskID, buttonID(t, card, "放行"))
			f.clock.advance(2 * time.Minute)
			for _, who := range []string{"zhouting", "wangmin", "sunyun"} {
				see(t, who, f.tell(who, "放行健康报告 K01 2026-10"), says("已放行 王敏", "不会再发一次"))
			}
			see(t, "as it was", f.tell("zhouting", "健康报告 K01 2026-10"), says("已放行 王敏"))
			f.november(16)
			quiet(t, db, patience)
			require.Len(t, texts(t, db, "SELECT body FROM deliveries WHERE kind = 'report'"), 1)
			require.Len(t, f.account("openid-jiang")(), others, "the other customer's account")
			require.Len(t, texts(t, db, "SELECT after_text FROM audit WHERE action = '放行健康报告'"), 1)
			see(t, "theirs, asked for", f.writes("openid-he", "健康报告 10月"), says("2026年10月健康报告：蓝海诊所", "/r/"+token))
			require.NotContains(t, see(t, "not theirs", f.writes("openid-jiang", "健康报告 蓝海诊所 10月"), says("")).Text, "达成率")

			// Nobody of the customer is bound: nothing is released.
			f.clock.advance(2 * time.Minute)
			see(t, "nobody", f.tell("chenli", "放行健康报告 K02 2026-10"), says("青山诊所 还没有人绑定服务号，报告没有发出，也没有放行", "绑定码 K02"))
			f.bindAccount("openid-jiang", "K02")
			f.clock.advance(2 * time.Minute)
			f.writes("openid-jiang", "帮助")
			quiet(t, db, patience)
			f.sim.DingTalk.SendText(t.Context(), "dt-wangmin", "健康报告 青山诊所 2026-10")
			see(t, "the file", f.dingtalk("dt-wangmin"), file("健康报告-K02-202610.pdf"))
			f.pressDingTalk("dt-wangmin", see(t, "the card", f.dingtalk("dt-wangmin"), offers("放行", "青山诊所")), "放行")
			see(t, "released", f.dingtalk("dt-wangmin"), says("已放行：青山诊所", "1 人"))
			see(t, "settled", f.dingtalk("dt-wangmin"), says("健康报告 2026年10月", "已放行 王敏"))
			see(t, "there", f.account("openid-jiang"), says("2026年10月健康报告：青山诊所"))

			see(t, "one of the figures of the month", f.tell("wangmin", "健康度 月"), says("✅ 变更响应：", "1 次"))
			f.stop()
			sound(t, db)
		})
	}
}

// buttonID is what a press of a card's button sends.
func buttonID(t *testing.T, b simulator.Bubble, text string) string {
	t.Helper()
	id, ok := buttonOf(b, text)
	require.True(t, ok)
	return id
}

// Who has not written for two days gets a template message that leads to the file; without a template whoever released the report hears that it
// did not arrive, and the customer gets it for the asking.
//
// feature: RP-07
func TestAReportToACustomerWhoHasNotWritten(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, template := range []string{"T-report", ""} {
				f := reportFirm(t, database(t), "ORDERBOT_SERVICE_ACCOUNT__TEMPLATES__REPORT="+template)
				f.october()
				f.november(9)
				card := see(t, "the card", f.wecom("zhouting"), offers("放行", "K01 蓝海诊所"))
				f.pressWeCom("zhouting", card, "放行")
				see(t, "released", f.wecom("zhouting"), says("已放行", "1 人"))
				if template != "" {
					got := see(t, "the template", f.account("openid-he"), func(b simulator.Bubble) bool { return b.TemplateID == template })
					status, data := f.page(got.URL)
					require.Equal(t, http.StatusOK, status)
					require.Contains(t, wordsOf(t, data), "蓝海诊所")
				} else {
					see(t, "it did not arrive", f.wecom("zhouting"), says("2026年10月健康报告：蓝海诊所：没能送到一位绑定的客户", "发「健康报告」"))
					see(t, "for the asking", f.writes("openid-he", "健康报告"), says("2026年10月健康报告：蓝海诊所", "/r/"))
				}
				f.stop()
			}
		})
	}
}

// Reports are made once, in working hours of the first working days of a month, after holidays too, for the customers of the levels and types
// that are set, where there is something to report; however many replicas make them, and however many people release one at once.
//
// feature: RP-07
func TestReportsAreMadeOnceAndReleasedOnce(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			o.load("customers", "code,name,level,type,sales\nC1,甲医院,A,普通,S01\nC2,乙医院,B,VIP,S02\nC3,丙医院,B,普通,S01\nC4,丁医院,A,普通,S01\n")
			o.at("09-15 10:00")
			for _, c := range []orders.CustomerCode{"C1", "C2", "C3"} {
				o.placeWith(1, func(order *orders.Order) { order.Customer = c })
			}
			job := &notify.Reports{
				List: o.store, Store: reportStore{o.store}, Desk: o.desk, Signer: cards.NewSigner([]byte("key")), Platforms: map[orders.Platform]bool{orders.WeCom: true},
				Keys: []string{"A", "VIP"},
			}
			made := func(at string) []string {
				t.Helper()
				o.at(at)
				var all sync.WaitGroup
				errs := make([]error, 4)
				for i := range errs {
					all.Go(func() { errs[i] = job.Round(context.WithoutCancel(t.Context())) })
				}
				all.Wait()
				for _, err := range errs {
					require.NoError(t, err)
				}
				return texts(t, o.sql, "SELECT customer, month FROM reports ORDER BY customer, month")
			}
			require.Empty(t, made("09-30 10:00"), "September is not over")
			require.Empty(t, made("10-01 10:00"), "a holiday")
			require.Empty(t, made("10-07 12:00"), "the last day of the holidays")
			require.Empty(t, made("10-08 08:59"), "too early in the day")
			require.Equal(t, []string{"C1 2026-09", "C2 2026-09"}, made("10-08 09:00"), "C3 is no key customer, C4 has ordered nothing")
			require.Equal(t, []string{"C1 2026-09", "C2 2026-09"}, made("10-09 09:00"))
			require.Len(t, texts(t, o.sql, "SELECT body FROM deliveries WHERE kind = 'report.card'"), 2)
			require.Equal(t, []string{"chenli report.card", "chenli report.file", "zhouting report.card", "zhouting report.file"},
				texts(t, o.sql, "SELECT chat_id, kind FROM deliveries WHERE kind LIKE 'report%' ORDER BY chat_id, kind"))

			id := number(t, o.sql, "SELECT id FROM reports WHERE customer = 'C1'")
			by := []orders.StaffCode{"S01", "S10"}
			errs := make([]error, 20)
			var all sync.WaitGroup
			actors := []orders.Actor{o.actor(by[0]), o.actor(by[1])}
			cat := o.catalog()
			desk := *o.desk
			desk.Catalog = func() *orders.Catalog { return cat }
			for i := range errs {
				all.Go(func() {
					errs[i] = o.do(func(tx *storage.Tx) error {
						_, err := desk.ReleaseReport(tx, id, 1, actors[i%2])
						return err
					})
				})
			}
			all.Wait()
			released := 0
			for _, err := range errs {
				if err == nil {
					released++
					continue
				}
				require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
			}
			require.Equal(t, 1, released)
			require.Len(t, texts(t, o.sql, "SELECT actor FROM audit WHERE action = '放行健康报告'"), 1)

			// Made up for on the third working day, and not later: whoever asks gets it in any case.
			o.at("10-20 10:00")
			o.placeWith(1, func(*orders.Order) {})
			require.Contains(t, made("11-04 10:00"), "C1 2026-10")
			o.at("11-20 10:00")
			o.placeWith(1, func(*orders.Order) {})
			require.NotContains(t, made("12-04 10:00"), "C1 2026-11")

			// Each role: all customers, their own, or none.
			var may []orders.Role
			_, roles := orders.Rights()
			c1 := cat.Customer("C1")
			for _, r := range roles {
				if cat.MayReport(orders.Actor{Staff: &orders.Staff{Code: "X", Roles: []orders.Role{r}}}, c1) == nil {
					may = append(may, r)
				}
			}
			require.Equal(t, []orders.Role{orders.RoleSalesManager, orders.RoleDirector, orders.RoleOperations, orders.RoleManagement, orders.RoleAdmin}, may)
			require.NoError(t, cat.MayReport(o.actor("S01"), c1))
			require.ErrorContains(t, cat.MayReport(o.actor("S02"), c1), "由 周婷 负责")
			require.Error(t, cat.MayReport(orders.Actor{}, c1), "a customer")
		})
	}
}
