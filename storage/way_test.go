package storage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// with returns somebody with a role.
func with(role orders.Role) orders.Actor {
	return orders.Actor{Code: string(role), Name: role.String(), Staff: &orders.Staff{Code: orders.StaffCode(role), Roles: []orders.Role{role}}}
}

func (d *depot) advance(id orders.OrderID, act orders.Act, where string, by orders.Actor) error {
	d.Helper()
	return d.do(func(tx *storage.Tx) error { _, err := d.desk.Advance(tx, id, act, where, by); return err })
}

// At each node only the acts of the one table are done, and only by whom it allows; said again, an act changes nothing.
func TestOnlyTheActsOfANodeAreDone(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,10,0")
		status := func(id orders.OrderID) orders.Status { return d.order(id).Status }
		short := d.confirm(12, "P1") // lacks two
		covered := d.confirm(1, "P2")
		for _, role := range []orders.Role{orders.RoleSales, orders.RoleFinance, orders.RolePurchasing, orders.RoleWarehouse, orders.RoleManagement} {
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(d.advance(short, orders.ActSchedule, "", with(role))), role)
		}
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(d.advance(covered, orders.ActPick, "", with(orders.RolePlanner))))
		require.ErrorContains(t, d.advance(covered, orders.ActSchedule, "", with(orders.RolePlanner)), "不用排产")
		require.ErrorContains(t, d.advance(short, orders.ActPick, "", keeper), "还缺 P1 2盒")
		require.ErrorContains(t, d.advance(short, orders.ActStart, "", with(orders.RolePlanner)), "现在不能登记开工")
		require.ErrorContains(t, d.advance(short, orders.ActShip, "", keeper), "没有「发货」这一步")
		require.ErrorContains(t, d.advance(short, orders.ActSchedule, strings.Repeat("长", 61), with(orders.RolePlanner)), "最多写")

		require.NoError(t, d.advance(short, orders.ActSchedule, "三号线", with(orders.RolePlanner)))
		require.Equal(t, orders.StatusScheduled, status(short))
		require.ErrorContains(t, d.advance(short, orders.ActSchedule, "", with(orders.RolePlanner)), "已经是「已排产」")
		require.NoError(t, d.advance(short, orders.ActStart, "注塑", with(orders.RolePlanner)))
		require.NoError(t, d.advance(short, orders.ActStart, "三号线 装配", with(orders.RolePlanner)), "where it is may change")
		require.ErrorContains(t, d.advance(short, orders.ActSchedule, "", with(orders.RolePlanner)), "现在不能登记排产", "never back")
		require.NoError(t, d.advance(short, orders.ActInspect, "", with(orders.RolePlanner)))
		require.ErrorContains(t, d.advance(short, orders.ActStock, "", keeper), "还缺 P1 2盒，先登记")
		require.ErrorContains(t, d.do(func(tx *storage.Tx) error { _, err := d.desk.Ship(tx, short, "SF", "SF1", "t1", keeper); return err }), "不能发货")
		require.Equal(t, []orders.OrderID{short}, d.arrive("P1", "默认仓", "2"))
		require.Equal(t, orders.StatusStocked, status(short), "what was made has come")
		require.NoError(t, d.advance(short, orders.ActPick, "B-12 架", keeper))
		require.ErrorContains(t, d.do(func(tx *storage.Tx) error { _, err := d.desk.Locate(tx, short, "别处", seller); return err }), "没有这个权限")
		require.NoError(t, d.do(func(tx *storage.Tx) error { _, err := d.desk.Locate(tx, short, "B-13 架", keeper); return err }))
		require.NoError(t, d.do(func(tx *storage.Tx) error { _, err := d.desk.Ship(tx, short, "SF", "SF2", "t2", keeper); return err }))
		var where []string
		for _, p := range d.order(short).Passages(nil) {
			if p.Where != "" {
				where = append(where, p.Step.Status.String()+" "+p.Where)
			}
		}
		require.Equal(t, []string{"已排产 三号线", "生产中 三号线 装配", "拣货中 B-13 架"}, where)
		trail, err := d.stores[0].Trail(t.Context(), short)
		require.NoError(t, err)
		require.Empty(t, orders.Touches(trail)[0].Actor, "nobody asked for a price")
		for _, p := range orders.Touches(trail)[7:12] {
			require.False(t, p.At.IsZero(), p.Name)
			require.NotEmpty(t, p.Actor, p.Name)
		}
		require.ErrorContains(t, d.advance(short, orders.ActPick, "", keeper), "现在不能登记拣货")
	})
}

// An order is signed for when all of its parcels are, once; then time, place and carrier are compared with what was promised.
//
// feature: LG-12, LG-14
func TestSignedWhenAllParcelsAre(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wanted, address, carrier string
		carriers                 [2]string
		hours                    int // after the start
		said                     string
		want                     string
	}{
		"as promised":         {"2026-03-12", "江苏省南京市江宁区将军大道88号", "SF", [2]string{"SF", "SF"}, 29, "【南京市】已签收，签收人 前台", "时间相符，地点相符，承运商相符"},
		"at midnight":         {"2026-03-12", "南京江宁区将军大道88号", "", [2]string{"SF", "ZTO"}, 30, "快件已送达江宁区", "时间不符，地点相符，承运商未上报"},
		"elsewhere":           {"2026-03-13T12:00:00+08:00", "江苏省南京市江宁区将军大道88号", "SF", [2]string{"SF", "ZTO"}, 30, "【上海市】已签收", "时间相符，地点不符，承运商不符"},
		"nothing is promised": {"", "", "", [2]string{"SF", "SF"}, 30, "已签收", "时间未上报，地点未上报，承运商未上报"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			depots(t, func(d *depot) {
				o := ordertest.Order("", "C1", 5, "P2")
				o.Sales, o.DeliverBy, o.Address, o.Carrier = "S1", test.wanted, test.address, test.carrier
				require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, seller) }))
				require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, o.ID, 0, seller); return err }))
				for i, c := range test.carriers {
					require.NoError(d, d.do(func(tx *storage.Tx) error {
						_, err := d.desk.ShipInstead(tx, o.ID, 0, c, []string{"N1", "N2"}[i], "t", "客户同意", keeper)
						return err
					}))
				}
				track := func(no int, s orders.ParcelState, hours int) {
					d.now = ordertest.Start.Add(200 * time.Hour)
					trace := []orders.ParcelEvent{{At: time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour), Text: test.said, State: s}}
					require.NoError(d, d.do(func(tx *storage.Tx) error {
						_, err := d.desk.Track(tx, o.ID, no, s, trace, orders.SystemActor)
						return err
					}))
				}
				track(1, orders.ParcelDelivered, 20)
				require.Equal(d, orders.StatusShipped, d.order(o.ID).Status, "one is not there yet")
				require.Nil(d, d.order(o.ID).Work.Arrival)
				track(2, orders.ParcelOut, 21)
				require.Equal(d, orders.StatusOutForDelivery, d.order(o.ID).Status)
				track(2, orders.ParcelException, 22)
				require.Equal(d, orders.StatusOutForDelivery, d.order(o.ID).Status)
				for range 3 {
					track(2, orders.ParcelDelivered, test.hours)
				}
				got := d.order(o.ID)
				require.Equal(d, orders.StatusDelivered, got.Status)
				require.Equal(d, test.want, got.Work.Arrival.String())
				require.Equal(d, []string{string(o.ID)}, d.events(orders.EventDelivered), "once")
				again, err := d.stores[0].Replay(d.Context(), o.ID)
				require.NoError(d, err)
				require.Equal(d, got, again)
			})
		})
	}
}
