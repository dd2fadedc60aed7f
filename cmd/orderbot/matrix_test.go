package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

// errTried takes back what was tried.
var errTried = errors.New("tried")

// Every role tries every step of every kind of order: it may what the matrix says and nothing else, and a
// node is decided by its own role alone.
//
// feature: SC-01, SC-02
func TestEveryRoleTriesEverything(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, roles := orders.Rights()
			chain := "routes:\n  - name: 全部\n    when: 其余\n    steps:\n"
			staff := "code,name,role\n"
			for _, r := range roles {
				chain += fmt.Sprintf("      - {role: %s}\n", r)
				staff += fmt.Sprintf("R-%s,%s,%s\n", string(r), r, r)
			}
			o := newOffice(t, database(t), chain)
			o.load("staff", staff)
			cat := o.catalog()
			o.desk.Catalog = func() *orders.Catalog { return cat }
			actor := func(r orders.Role) orders.Actor {
				s := cat.StaffByCode(orders.StaffCode("R-" + r))
				return orders.Actor{Code: string(s.Code), Name: s.Name, Staff: s, Channel: orders.WeCom}
			}
			// may tries something as each role, takes it back, and tells who was not denied.
			may := func(try func(tx *storage.Tx, by orders.Actor) error) []orders.Role {
				t.Helper()
				var out []orders.Role
				for _, r := range roles {
					err := o.do(func(tx *storage.Tx) error { return errors.Join(try(tx, actor(r)), errTried) })
					if only, ok := errors.AsType[*orders.Error](err); !ok || only.Code != orders.CodeDenied {
						require.Equal(t, errTried.Error(), err.Error())
						out = append(out, r)
					}
				}
				return out
			}
			id := o.place(10)
			var node int
			steps := map[string]func(tx *storage.Tx, by orders.Actor) error{
				"decide": func(tx *storage.Tx, by orders.Actor) error {
					_, err := o.desk.Decide(tx, id, 0, 0, node%2 == 0, "原因", by)
					return err
				},
				"send back": func(tx *storage.Tx, by orders.Actor) error {
					_, err := o.desk.SendBack(tx, id, "原因", by)
					return err
				},
				"hand on": func(tx *storage.Tx, by orders.Actor) error {
					_, err := o.desk.Transfer(tx, id, cat.StaffByCode("S14"), "", by)
					return err
				},
				"add": func(tx *storage.Tx, by orders.Actor) error {
					_, err := o.desk.AddApprover(tx, id, cat.StaffByCode("S14"), "", by)
					return err
				},
			}
			ship := func(tx *storage.Tx, by orders.Actor) error {
				_, err := o.desk.Ship(tx, id, "SF", "SF1234567890123", "token", by)
				return err
			}
			for i, r := range roles {
				node = i
				for what, step := range steps {
					require.Equal(t, []orders.Role{r}, may(step), "%s the node of %s", what, r)
				}
				require.Equal(t, []orders.Role{orders.RoleOperations, orders.RoleAdmin}, may(func(tx *storage.Tx, by orders.Actor) error {
					_, err := o.desk.Skip(tx, id, "原因", by)
					return err
				}))
				require.Equal(t, []orders.Role{orders.RoleDirector, orders.RoleOperations, orders.RoleManagement, orders.RoleAdmin}, may(func(tx *storage.Tx, by orders.Actor) error {
					g := orders.Green{GreenSwitches: orders.GreenSwitches{Customs: true}, Until: o.clock.Add(time.Hour)}
					_, err := o.desk.OpenGreen(tx, id, -1, g, by)
					return err
				}))
				for _, r := range roles { // nobody ships what is not approved
					err := o.do(func(tx *storage.Tx) error { return ship(tx, actor(r)) })
					require.Contains(t, []orders.Code{orders.CodeDenied, orders.CodeConflict}, orders.ErrorCode(err))
				}
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					_, err := o.desk.Decide(tx, id, 0, 0, true, "", actor(r))
					return err
				}))
			}
			require.Equal(t, orders.StatusAllocated, o.order(id).Status)
			warehouse := []orders.Role{orders.RoleWarehouseLead, orders.RoleWarehouse}
			require.Equal(t, warehouse, may(ship))
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				order, err := tx.Order(id)
				if err != nil {
					return err
				}
				order.Alert = &orders.Alert{RaisedAt: o.clock, NextAt: o.clock.Add(time.Hour)}
				return tx.SaveOrder(order)
			}))
			require.Equal(t, append(warehouse, orders.RoleOperations, orders.RoleAdmin), may(func(tx *storage.Tx, by orders.Actor) error {
				_, err := o.desk.Acknowledge(tx, id, by)
				return err
			}))
			require.Equal(t, []orders.Role{orders.RoleAdmin}, may(func(_ *storage.Tx, by orders.Actor) error { return by.MayRule() }))
			require.Equal(t, []orders.Role{orders.RoleAdmin}, may(func(_ *storage.Tx, by orders.Actor) error { return by.MayImport() }))
		})
	}
}

const secretNote = "客户爱拖款，先别送到三楼"

// annotate gives a draft a note for the warehouse.
func (f *firm) annotate(id string) {
	f.t.Helper()
	require.NoError(f.t, f.server.store.Do(f.t.Context(), func(tx *storage.Tx) error {
		o, err := tx.Order(orders.OrderID(id))
		if err != nil {
			return err
		}
		o.InternalNote = secretNote
		return tx.SaveOrder(o)
	}))
}

// Orders with a note for the warehouse go all ways there are, and everybody asks for all there is: the
// note stands in what the warehouse gets and nowhere else. Prices are not told to the warehouse.
//
// feature: SC-01, SC-03
func TestInternalNotesStayInTheWarehouse(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, "ORDERBOT_SERVER__PUBLIC_URL=https://orders.example.com")
			f.log = &bytes.Buffer{}
			_, roles := orders.Rights()
			var people []colleague
			for _, r := range roles {
				people = append(people, colleague{name: "一位" + r.String(), role: r, wecom: "is-" + string(r)})
			}
			f.employ(people...)
			f.stock()
			f.sim.KF.AddCustomer("wm-two", "wm-two", "")
			f.sim.ServiceAccount.AddFollower("open-two", "二", "")
			f.serve()
			f.bind(map[string]orders.CustomerCode{"wm-two": "C003"})
			require.NoError(t, f.server.store.Do(t.Context(), func(tx *storage.Tx) error {
				return tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: "open-two", Customer: "C003", By: "S99", At: f.clock.now()})
			}))
			ctx, db := t.Context(), f.sql()
			wecom := f.answer
			f.pace = 3 * time.Second
			// all lets one of each role say something at once, and returns what each is answered.
			all := func(words string) map[string]string {
				f.clock.advance(f.pace)
				quiet(t, db, patience) // what was done before is told
				before := map[string]int{}
				for _, p := range people {
					before[p.wecom] = len(f.wecom(p.wecom)())
					f.sim.WeCom.SendText(ctx, p.wecom, words)
				}
				out := map[string]string{}
				for _, p := range people {
					answer := see(t, "an answer to "+p.wecom, func() []simulator.Bubble { return f.wecom(p.wecom)()[before[p.wecom]:] }, says(""))
					out[p.wecom] = zeroWidth.Replace(answer.Text + string(answer.Card))
				}
				return out
			}
			warehouse := map[string]bool{"is-warehouse": true, "is-warehouse_lead": true}
			rows, _ := orders.Rights()
			var own string
			everybodyAsks := func(id string) {
				t.Helper()
				for _, words := range []string{"明细 ", "进度 ", "轨迹 "} {
					answers := all(words + id)
					for _, p := range people {
						answer := answers[p.wecom]
						for _, r := range rows {
							switch scope := r.Scopes[p.role]; r.Right {
							case orders.RightView:
								require.Equal(t, scope != orders.ScopeAll, strings.Contains(answer, "没有查到"), "%s to %s: %s", words, p.role, answer)
							case orders.RightInternalNote:
								require.Equal(t, scope == orders.ScopeAll && words == "明细 ", strings.Contains(answer, secretNote), "%s to %s: %s", words, p.role, answer)
							case orders.RightPrices:
								if scope != orders.ScopeAll {
									require.NotRegexp(t, `¥\d`, answer, "%s to %s", words, p.role)
								}
							default:
							}
						}
					}
				}
				for _, words := range []string{id, "明细 " + id, "我的订单到哪了"} {
					f.sim.KF.SendText(ctx, "wm-two", words)
					f.sim.ServiceAccount.SendText(ctx, "open-two", words)
					quiet(t, db, patience)
				}
			}

			for _, end := range []string{"shipped", "cancelled", "rejected"} {
				before := len(f.kf("wm-two")())
				f.sim.KF.SendText(ctx, "wm-two", "外科口罩20箱，丁腈手套M码10箱，今天必须送到，加急")
				draft := see(t, "draft", func() []simulator.Bubble { return f.kf("wm-two")()[before:] }, says("确认 SO"))
				own = orderNumber.FindString(draft.Text)
				f.annotate(own)
				everybodyAsks(own)
				f.sim.KF.SendText(ctx, "wm-two", "确认 "+own)
				see(t, "placed", f.kf("wm-two"), says("已下单", own))
				if end == "rejected" {
					require.Contains(t, wecom("wangmin", "驳回 "+own+" 价格不对"), "已驳回")
					continue
				}
				require.Contains(t, wecom("wangmin", "同意 "+own), "已同意")
				if o, err := f.server.store.FindOrder(ctx, orders.OrderID(own)); err == nil && o.OpenNode() != nil {
					require.Contains(t, wecom("lizhang", "同意 "+own), "已同意")
				}
				see(t, "pick message", f.wecom("zhengku"), says(own, secretNote))
				if end == "cancelled" {
					require.Contains(t, wecom("wangmin", "取消 "+own+" 不要了"), "已取消")
					see(t, "stopped", f.wecom("zhengku"), says("停止拣货", own))
					continue
				}
				f.clock.advance(10 * time.Minute) // the alarm goes from one to the next
				quiet(t, db, patience)
				wecom("wucang", "收到 "+own)
				require.Contains(t, wecom("zhengku", "发货 "+own+" SF1234567890123"), "已发货")
				everybodyAsks(own)
				for _, words := range []string{"待办", "看板", "帮助", "依据 " + own, own + " 到哪了", "SF1234567890123 到哪了", "常购 C003", "学习 C003", "库存 口罩"} {
					answers := all(words)
					for _, p := range people {
						answer := answers[p.wecom]
						require.NotContains(t, answer, secretNote, "%s to %s", words, p.role)
						if warehouse[p.wecom] {
							require.NotRegexp(t, `¥\d`, answer, "%s to %s", words, p.role)
						}
					}
				}
				var link string
				require.NoError(t, f.server.store.Do(ctx, func(tx *storage.Tx) (err error) {
					link, err = tx.OrderLink(orders.OrderID(own))
					return err
				}))
				token := strings.Fields(f.command("token", "create", "reader", "--scope", "orders:read"))
				for _, path := range []string{"/o/" + link, "/api/v1/orders/" + own, "/readyz", "/metrics"} {
					req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.server.address()+path, nil)
					require.NoError(t, err)
					req.Header.Set("Authorization", "Bearer "+token[len(token)-1])
					resp, err := http.DefaultClient.Do(req)
					require.NoError(t, err)
					page, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.NoError(t, resp.Body.Close())
					require.Equal(t, http.StatusOK, resp.StatusCode, path)
					require.NotContains(t, string(page), secretNote, path)
				}
			}
			quiet(t, db, patience)
			told := texts(t, db, "SELECT DISTINCT chat_id FROM deliveries WHERE body LIKE '%"+secretNote+"%' ORDER BY chat_id")
			require.ElementsMatch(t, []string{"is-warehouse", "is-warehouse_lead", "zhengku"}, told)
			require.Empty(t, texts(t, db, "SELECT action FROM audit WHERE before_text LIKE '%"+secretNote+"%' OR after_text LIKE '%"+secretNote+"%' OR reason LIKE '%"+secretNote+"%'"))
			require.Empty(t, texts(t, db, "SELECT kind FROM events WHERE data LIKE '%"+secretNote+"%'"))
			f.stop()
			require.NotContains(t, f.log.String(), secretNote)
		})
	}
}
