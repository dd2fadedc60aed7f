package main

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

// linkFirm is a firm with two records that may be one customer: K01, the hospital, and K02, its shop account.
func linkFirm(t *testing.T, database string) *firm {
	t.Helper()
	f := newFirm(t, database, medical, automatic(t, ""))
	f.load("products", "code,name,spec,unit,packs,category,price", "X01,显影导丝,0.035,根,盒=10,导丝,5")
	f.load("customers", "code,name,sales,phone,address",
		"K01,蓝海诊所江宁店,S01,13911112222,南京市江宁区将军大道88号", "K02,天猫蓝海旗舰,S02,139-1111-2222,南京市江宁区将军大道88号", "K03,青山诊所,S02,13933334444,南京市浦口区江浦街1号",
		"K11,甲药房一店,S01,02588880000,", "K12,甲药房二店,S01,025-88880000,", "K13,甲药房三店,S01,02588880000,", "K14,甲药房四店,S01,02588880000,")
	f.load("stock", "product,warehouse,on_hand", "X01,默认仓,100000")
	f.employ(colleague{"副管", orders.RoleAdmin, "fuguan", ""})
	return f
}

// The accounts of a customer are one only when an administrator says so: before, nothing of the one is shown to the other; from then on
// their orders stand in one history and answer the customer's own questions; when it is undone, at once not any more. Who asks is told
// nothing about who else is a customer, and everything happens once.
//
// feature: DM-05
func TestAccountsOfOneCustomerAreLinked(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := linkFirm(t, database(t))
			f.sim.KF.AddCustomer("wm-blue", "蓝", "")
			for _, person := range []string{"open-blue", "open-guess", "open-green"} {
				f.sim.ServiceAccount.AddFollower(person, person, "")
			}
			f.serve()
			f.bind(map[string]orders.CustomerCode{"wm-blue": "K01"})
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 3})
			db, ctx := f.sql(), t.Context()
			account := func(person string) func() []simulator.Bubble {
				return func() []simulator.Bubble { return f.sim.ServiceAccount.Screen(person) }
			}
			say := func(person, text string) string {
				return zeroWidth.Replace(f.ask(account(person), func() { f.sim.ServiceAccount.SendText(ctx, person, text) }).Text)
			}
			kf := func(text string) string {
				return zeroWidth.Replace(f.ask(f.kf("wm-blue"), func() { f.sim.KF.SendText(ctx, "wm-blue", text) }).Text)
			}
			wecom := f.answer
			f.pace = 10 * time.Second
			linkNumber := regexp.MustCompile(`客户关联 (\d+)`)
			numberOf := func(b simulator.Bubble) string { // numbers need not follow each other: a transaction that was tried again leaves a gap
				return linkNumber.FindStringSubmatch(b.Title + b.Text + string(b.Card))[1]
			}
			cards := func() int64 {
				quiet(t, db, patience)
				return number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'customer.link'")
			}

			// The order of the hospital's record proposes the shop's of the same number, once; a switchboard's proposes nobody.
			own := f.confirmed("zhouting", "蓝海诊所江宁店 显影导丝0.035 2盒 送南京市江宁区将军大道88号")
			f.confirmed("zhouting", "甲药房一店 显影导丝0.035 1盒 送南京市江宁区将军大道90号")
			f.confirmed("zhouting", "蓝海诊所江宁店 显影导丝0.035 4盒 送南京市江宁区将军大道88号")
			card := see(t, "proposal", f.wecom("guanli"), offers("确认关联", "客户关联 ", "K02 天猫蓝海旗舰", "K01 蓝海诊所江宁店", "电话相同：139****2222"))
			one := numberOf(card)
			see(t, "the other administrator", f.wecom("fuguan"), offers("确认关联", "客户关联 "+one))
			require.EqualValues(t, 2, cards(), "each administrator once")
			shop := f.confirmed("chenli", "天猫蓝海旗舰 显影导丝0.035 3盒 送南京市江宁区将军大道88号")
			require.EqualValues(t, 2, cards(), "the same pair is no new one")

			// Unconfirmed, it merges nothing and shows nothing.
			require.Contains(t, kf("历史"), own)
			require.NotContains(t, kf("历史"), shop)
			require.Contains(t, kf("进度 "+shop), "没有查到")
			require.NotContains(t, wecom("hefu", "历史 K01"), shop)
			require.Contains(t, wecom("hefu", "历史 13911112222"), "「13911112222」有 2 个客户记录，没有确认是同一客户。请用客户编码，例如「历史 K0")
			require.Contains(t, wecom("zhouting", "确认关联 "+one), "由管理员确认，您没有这个权限")
			require.Contains(t, wecom("zhouting", "解除关联 "+one), "您没有这个权限")
			require.Contains(t, wecom("zhouting", "关联列表"), "请带上客户")
			require.NotContains(t, kf("历史"), shop)

			// Confirmed, they are one history; the second administrator's press and the redelivered one find it settled.
			f.pressWeCom("guanli", card, "确认关联")
			see(t, "linked", f.wecom("guanli"), says("已关联：K02 天猫蓝海旗舰 → K01 蓝海诊所江宁店", "解除关联 "+one))
			see(t, "the other card", f.wecom("fuguan"), says("客户关联 "+one, "已由 管理 确认"))
			require.Contains(t, wecom("fuguan", "不关联 "+one), "已由 管理 确认，不用再操作")
			require.Equal(t, []string{"confirmed S99 管理"}, texts(t, db, "SELECT state, decided_by, decided_name FROM links"))
			require.Equal(t, []string{"客户关联 S99 电话相同：139****2222"}, texts(t, db, "SELECT action, actor, reason FROM audit WHERE action LIKE '%关联%'"))
			all := kf("历史")
			require.Contains(t, all, own)
			require.Contains(t, all, shop)
			require.Contains(t, all, "共 3 单")
			require.Contains(t, kf("我的订单到哪了"), shop)
			require.NotContains(t, kf("进度 "+shop), "没有查到")
			for _, asked := range []string{"K01", "K02", "天猫蓝海旗舰", "13911112222"} {
				answer := wecom("hefu", "历史 "+asked)
				require.Contains(t, answer, own, asked)
				require.Contains(t, answer, shop, asked)
				require.Contains(t, answer, "2 个关联的客户记录", asked)
			}
			answer := wecom("zhouting", "历史 K01")
			require.Contains(t, answer, own)
			require.NotContains(t, answer, shop, "another salesperson's order stays theirs")
			require.Contains(t, answer, "另有 1 单由别的同事负责")
			require.Contains(t, wecom("zhouting", "关联列表 K01"), one+". K02 天猫蓝海旗舰 → K01 蓝海诊所江宁店\n　已由 管理 确认 ")

			// Undone, it shows nothing at once.
			require.Contains(t, wecom("guanli", "解除关联 "+one), "已解除关联：K02 天猫蓝海旗舰 → K01 蓝海诊所江宁店")
			require.NotContains(t, kf("历史"), shop)
			require.Contains(t, kf("进度 "+shop), "没有查到")
			require.Contains(t, wecom("guanli", "解除关联 "+one), "已由 管理 解除，没有可解除的")
			require.Contains(t, wecom("guanli", "确认关联 "+one), "已由 管理 解除，不用再操作")
			require.Contains(t, wecom("guanli", "关联列表 K02"), "已由 管理 解除")

			// In words: an administrator ties at once, another proposes.
			require.Contains(t, wecom("zhouting", "关联 K01 K02"), "已请管理员确认")
			two := numberOf(see(t, "proposal", f.wecom("guanli"), offers("不是", "客户关联 ", "周婷提出")))
			require.NotEqual(t, one, two)
			require.NotContains(t, kf("历史"), shop)
			require.Contains(t, wecom("chenli", "关联 K01 K03"), "由 周婷 负责")
			require.Contains(t, wecom("fuguan", "关联 K02 K01"), "已关联：K02 天猫蓝海旗舰 → K01")
			require.Contains(t, kf("历史"), shop)
			require.Contains(t, wecom("fuguan", "关联 K01 K02"), "已经关联过了（编号 "+two+"）")
			require.Contains(t, wecom("fuguan", "关联 K01 K01"), "就是它自己")

			// A stranger hears the same whether they are known or not; a proposal that is refused does not come again.
			hint := say("open-guess", "在吗")
			before := cards()
			require.Equal(t, hint, say("open-guess", "我电话13900009999，订单到哪了"))
			require.Equal(t, before, cards())
			require.Equal(t, hint, say("open-guess", "我是青山诊所的，电话 13933334444"))
			require.Equal(t, before+2, cards())
			card = see(t, "proposal", f.wecom("guanli"), offers("不是", "客户关联 ", "服务号 open-guess", "K03 青山诊所", "说的电话相同：139****4444，自己说是「青山诊所」"))
			require.Equal(t, hint, say("open-guess", "历史"))
			f.pressWeCom("guanli", card, "不是")
			see(t, "refused", f.wecom("guanli"), says("好的，不是同一客户：服务号 open-guess"))
			require.Equal(t, hint, say("open-guess", "我是青山诊所的，电话 13933334444"))
			require.Equal(t, before+2, cards(), "it was refused")
			require.Equal(t, hint, say("open-guess", "历史"))

			// A stranger's account that is confirmed sees the customer's orders, of all linked accounts, until it is undone.
			require.Equal(t, hint, say("open-blue", "你好，13911112222，发货了吗"))
			require.Equal(t, hint, say("open-blue", "历史"))
			card = see(t, "proposal", f.wecom("guanli"), offers("确认关联", "服务号 open-blue", "K01 蓝海诊所江宁店"))
			f.pressWeCom("guanli", card, "确认关联")
			see(t, "linked", f.wecom("guanli"), says("已关联：服务号 open-blue → K01"))
			all = say("open-blue", "历史")
			require.Contains(t, all, own)
			require.Contains(t, all, shop)
			id := texts(t, db, "SELECT id FROM links WHERE account = 'open-blue' AND customer = 'K01'")[0]
			require.Contains(t, wecom("guanli", "解除关联 "+id), "已解除关联")
			require.Equal(t, hint, say("open-blue", "历史"))

			// A phone that is linked finds the customer, and ties nobody by itself.
			require.Contains(t, wecom("guanli", "关联 K03 电话 13955556666"), "已关联：电话 139****6666 → K03 青山诊所")
			require.Contains(t, wecom("hefu", "历史 13955556666"), "青山诊所：没有订单")
			require.Equal(t, hint, say("open-green", "13955556666 的单子呢"))
			see(t, "proposal", f.wecom("guanli"), offers("确认关联", "服务号 open-green", "K03 青山诊所", "说的电话相同：139****6666"))
			require.Equal(t, hint, say("open-green", "历史"))

			// Words of an order are no command.
			id, _ = f.draftOf("zhouting", "蓝海诊所江宁店 关联导丝的显影导丝0.035 2盒")
			require.NotEmpty(t, id)
			sound(t, db)
		})
	}
}

// Eight administrators' presses at once decide a link once; a link and its undoing bind and unbind one person.
func TestLinksAreDecidedOnce(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			o.load("customers", "code,name,sales,phone\nC2,乙医院,S01,13912345678\nC3,乙医院网店,S02,139 1234 5678\nC4,丙医院,S01,\n")
			admin := o.actor("S99")
			link := func(a orders.CustomerAccount, c orders.CustomerCode) (id int64) {
				o.do1(func(tx *storage.Tx) error {
					l, err := o.desk.ProposeLink(tx, a, c, "测试", orders.SystemActor)
					if err == nil && l != nil {
						id = l.ID
					}
					return err
				})
				return id
			}
			same := func(c ...orders.CustomerCode) (all []orders.CustomerCode) {
				o.do1(func(tx *storage.Tx) (err error) {
					all, err = tx.SameCustomer(c...)
					return err
				})
				return all
			}
			settle := func(id int64, accept bool) error {
				return o.do(func(tx *storage.Tx) error { _, err := o.desk.SettleLink(tx, id, accept, admin); return err })
			}
			once := func(errs []error) {
				t.Helper()
				won := 0
				for _, err := range errs {
					if err == nil {
						won++
					} else {
						require.Equal(t, orders.CodeConflict, orders.ErrorCode(err), "%v", err)
					}
				}
				require.Equal(t, 1, won)
			}
			one := link(orders.CustomerAccount{Kind: orders.AccountCustomer, ID: "C2"}, "C3")
			require.NotZero(t, one)
			require.Zero(t, link(orders.CustomerAccount{Kind: orders.AccountCustomer, ID: "C3"}, "C2"), "the same pair")
			require.Equal(t, []orders.CustomerCode{"C2"}, same("C2"))
			once(atOnce(8, func() error { return settle(one, true) }))
			two := link(orders.CustomerAccount{Kind: orders.AccountCustomer, ID: "C4"}, "C3")
			require.NoError(t, settle(two, true))
			require.ElementsMatch(t, []orders.CustomerCode{"C2", "C3", "C4"}, same("C2"), "through the one between")
			once(atOnce(8, func() error {
				return o.do(func(tx *storage.Tx) error { _, err := o.desk.EndLink(tx, one, admin); return err })
			}))
			require.Equal(t, []orders.CustomerCode{"C2"}, same("C2"))
			require.Zero(t, link(orders.CustomerAccount{Kind: orders.AccountCustomer, ID: "C2"}, "C3"), "the clerk does not ask again")
			require.NoError(t, settle(link(orders.CustomerAccount{Kind: orders.AccountCustomer, ID: "C2"}, "C4"), true))
			require.ElementsMatch(t, []orders.CustomerCode{"C2", "C4"}, same("C2"), "undone with C3, whatever lies between")
			require.ElementsMatch(t, []orders.CustomerCode{"C3", "C4"}, same("C3"))
			require.ElementsMatch(t, []orders.CustomerCode{"C2", "C3", "C4"}, same("C4"))

			// Who guesses numbers gets no further than three proposals.
			for i, c := range []orders.CustomerCode{"C1", "C2", "C3", "C4"} {
				require.Equal(t, i < 3, link(orders.CustomerAccount{Kind: orders.AccountService, ID: "open"}, c) != 0, c)
			}
			bound := func() int64 { return number(t, o.sql, "SELECT COUNT(*) FROM bindings WHERE person = 'open'") }
			id := number(t, o.sql, "SELECT id FROM links WHERE account = 'open' AND customer = 'C2'")
			require.Zero(t, bound())
			require.NoError(t, settle(id, true))
			require.EqualValues(t, 1, bound())
			o.do1(func(tx *storage.Tx) error {
				all, err := tx.BindingOf(orders.ServiceAccount, "open")
				if err != nil {
					return err
				}
				if err := tx.Unbind(all[0].ID); err != nil { // 解绑 C2 1
					return err
				}
				return o.desk.Unbound(tx, all[0], o.actor("S01"))
			})
			require.Equal(t, []string{"ended S01"}, texts(t, o.sql, "SELECT state, ended_by FROM links WHERE id = ?", id))
			err := o.do(func(tx *storage.Tx) error { _, err := o.desk.EndLink(tx, id, admin); return err })
			require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
			for _, code := range []orders.StaffCode{"S01", "S10", "S14", "S31"} {
				err := o.do(func(tx *storage.Tx) error { _, err := o.desk.EndLink(tx, two, o.actor(code)); return err })
				require.Equal(t, orders.CodeDenied, orders.ErrorCode(err), code)
			}
		})
	}
}
