package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// The warehouse's list has every combination of urgency, product class and hospital level in the order of its priority, with the
// reasons, and what weighs the same in the order of arrival. Another level of the hospital counts for the next order only.
//
// feature: AP-18
func TestTheWarehouseListIsSortedByPriority(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, priority, _ := strings.Cut(string(rules.Default), "\npriority:")
			f := newFirm(t, database(t), medical, automatic(t, "priority:"+priority))
			f.load("products", "code,name,unit,category,price,stock", "Y1,骨钉,枚,植入物,10,1000", "Y2,棉垫,枚,护理,10,1000")
			f.load("customers", "code,name,level,credit_grade,hospital_level,address,sales",
				"Y3,东院,A,A,三甲,东路1号,S01", "Y2,南院,A,A,二甲,南路1号,S01", "Y0,西店,A,A,,西路1号,S01")
			f.serve()
			desk, store := f.server.clerk.Desk, f.server.store
			sales := desk.Catalog().StaffByCode("S01")
			by := orders.Actor{Code: "S01", Name: sales.Name, Staff: sales, Channel: orders.WeCom}
			place := func(customer orders.CustomerCode, product orders.ProductCode, isUrgent bool) orders.OrderID {
				o := &orders.Order{
					Customer: customer, CustomerName: string(customer), Sales: "S01", Address: "路1号", Urgent: isUrgent,
					Source: orders.Source{Chat: orders.Chat{Platform: orders.WeCom, ID: "zhouting"}, Sender: "zhouting"},
					Lines:  []orders.Line{{Product: product, Unit: "枚", Quantity: decimal.NewFromInt(2), Base: decimal.NewFromInt(2)}},
				}
				require.NoError(t, store.Do(t.Context(), func(tx *storage.Tx) error { return desk.Place(tx, o, by) }))
				return o.ID
			}
			confirm := func(id orders.OrderID) {
				f.clock.advance(time.Second)
				require.NoError(t, store.Do(t.Context(), func(tx *storage.Tx) error {
					_, _, err := desk.Confirm(tx, id, 0, by)
					return err
				}))
			}
			type entry struct {
				id     orders.OrderID
				points int
				why    string
			}
			var want []entry
			for range 2 { // each combination twice
				for _, isUrgent := range []bool{false, true} {
					for _, product := range []orders.ProductCode{"Y1", "Y2"} {
						for _, customer := range []orders.CustomerCode{"Y3", "Y2", "Y0"} {
							e := entry{id: place(customer, product, isUrgent)}
							var why []string
							for _, d := range []struct {
								holds  bool
								points int
								name   string
							}{{isUrgent, 100, "加急"}, {product == "Y1", 40, "手术和急救用品"}, {customer == "Y3", 20, "三级医院"}} {
								if d.holds {
									e.points, why = e.points+d.points, append(why, d.name)
								}
							}
							e.why = strings.Join(why, "、")
							want = append(want, e)
						}
					}
				}
			}
			// They arrive in another order than they were written in.
			slices.Reverse(want)
			for _, e := range want {
				confirm(e.id)
			}
			slices.SortStableFunc(want, func(a, b entry) int { return b.points - a.points })

			row := regexp.MustCompile(`(?m)^(\d+)\. (?:【加急】)?发货 (SO\d+).*(?:\n优先级 (\d+)：(.*))?$`)
			list := func(words string, n int) []string {
				f.clock.advance(time.Minute)
				before := len(f.wecom("zhengku")())
				f.sim.WeCom.SendText(t.Context(), "zhengku", words)
				see(t, "list", func() []simulator.Bubble { return f.wecom("zhengku")()[before:] }, says(fmt.Sprintf("\n%d. ", n)))
				var out []string
				for _, b := range f.wecom("zhengku")()[before:] {
					for _, m := range row.FindAllStringSubmatch(zeroWidth.Replace(b.Text), -1) {
						require.Equal(t, fmt.Sprint(len(out)+1), m[1])
						out = append(out, strings.TrimSpace(m[2]+" "+m[3]+" "+m[4]))
					}
				}
				return out
			}
			rows := func() []string {
				var out []string
				for _, e := range want {
					r := string(e.id)
					if e.points > 0 {
						r += fmt.Sprintf(" %d %s", e.points, e.why)
					}
					out = append(out, r)
				}
				return out
			}
			quiet(t, f.sql(), patience)
			require.Equal(t, rows(), list("待办", len(want)))

			// The hospital's level has changed: what was confirmed before stays where it is.
			f.load("customers", "code,name,hospital_level", "Y2,南院,三乙")
			eventually(t, patience, "the level", func() bool { return desk.Catalog().Customer("Y2").HospitalLevel == "三乙" }, func() string { return "not yet" })
			next := place("Y2", "Y2", false)
			confirm(next)
			at := slices.IndexFunc(want, func(e entry) bool { return e.points < 20 })
			want = slices.Insert(want, at, entry{next, 20, "三级医院"})
			require.Equal(t, rows(), list("待拣", len(want)))
			sound(t, f.sql())
		})
	}
}

// One trigger is changed: who did it and when is on record, it counts for what is confirmed after it, and it is taken back.
//
// feature: CF-06
func TestOneTriggerIsChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.load("customers", "code,name,level,credit_grade,hospital_level,address,sales", "Y2,南郊康复院,A,A,二甲,南路1号,S01")
			f.employ(colleague{name: "罗管", role: orders.RoleAdmin, dingtalk: "dt-luoguan"})
			f.serve()
			inForce(t, 1, f.server)
			ctx, db := t.Context(), f.sql()
			tell := func(text string) func() []simulator.Bubble {
				before := len(f.sim.DingTalk.Screen("dt-luoguan"))
				f.sim.DingTalk.SendText(ctx, "dt-luoguan", text)
				return func() []simulator.Bubble { return f.sim.DingTalk.Screen("dt-luoguan")[before:] }
			}
			weight := func() []string {
				id := f.confirmed("zhouting", "南郊康复院 外科口罩2盒")
				return texts(t, db, "SELECT priority, priority_why FROM orders WHERE id = ?", id)
			}
			require.Equal(t, []string{"0 "}, weight())

			changed := strings.Replace(string(rules.Default), `    when: 医院等级 startsWith "三"`, `    when: 医院等级 startsWith "三" or 医院等级 startsWith "二"`, 1)
			require.True(t, f.sim.DingTalk.SendFile(ctx, "dt-luoguan", "rules.yaml", []byte(changed)).OK())
			see(t, "the change", f.dingtalk("dt-luoguan"), says("第 2 版", "「三级医院」"))
			f.pressDingTalk("dt-luoguan", see(t, "card", f.dingtalk("dt-luoguan"), offers("启用", "启用规则第 2 版")), "启用")
			inForce(t, 2, f.server)
			require.Equal(t, []string{`20 ["三级医院"]`}, weight())

			see(t, "undo", tell("规则 回退 先不改"), offers("启用", "回退到规则第 1 版"))
			see(t, "undone", tell("规则 确认 1"), says("规则第 1 版已启用"))
			inForce(t, 1, f.server)
			require.Equal(t, []string{"0 "}, weight())

			log := see(t, "the log", tell("规则 历史"), says("罗管回退到第 1 版（原第 2 版）：先不改"))
			require.Regexp(t, `\d\d:\d\d 罗管启用第 2 版（原第 1 版）`, log.Text)
			require.Equal(t, []string{"T001 启用规则", "T001 回退规则"},
				texts(t, db, "SELECT actor, action FROM audit WHERE action IN ('启用规则', '回退规则') AND at > 0 AND actor <> 'system' ORDER BY id"))
		})
	}
}
