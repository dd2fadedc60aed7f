package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

const managerWithin = `
routes:
  - name: 销售经理
    when: 其余
    steps:
      - {role: 销售经理, limit: `

// A node is reminded of at half of its time and passed on at its end, each once, to the minute: by
// the clock, or on working days only; and once only where the server was down meanwhile.
//
// feature: AP-12
func TestApprovalsAtTheirDeadlines(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, c := range map[string]struct {
				limit, from string
				steps       [][2]string // when a round is made, and what has been told by then
			}{
				"24 hours by the clock, over a weekend": {"24h", "03-13 18:00", [][2]string{
					{"03-14 05:59", "requested"},
					{"03-14 06:00", "requested reminded"},
					{"03-14 17:59", "requested reminded"},
					{"03-14 18:00", "requested reminded escalated"},
					{"03-14 18:01", "requested reminded escalated"},
					{"03-20 18:00", "requested reminded escalated"},
				}},
				"a working day, over a weekend": {"1个工作日", "03-13 18:00", [][2]string{
					{"03-15 23:59", "requested"},
					{"03-16 05:59", "requested"},
					{"03-16 06:00", "requested reminded"},
					{"03-16 17:59", "requested reminded"},
					{"03-16 18:00", "requested reminded escalated"},
					{"03-16 18:01", "requested reminded escalated"},
				}},
				"two working days, over 春节 with its Saturdays": {"2个工作日", "02-13 12:00", [][2]string{
					{"02-14 11:59", "requested"},
					{"02-14 12:00", "requested reminded"},
					{"02-23 23:59", "requested reminded"},
					{"02-24 11:59", "requested reminded"},
					{"02-24 12:00", "requested reminded escalated"},
				}},
				"a working day, over 国庆": {"1个工作日", "09-30 23:00", [][2]string{
					{"10-08 10:59", "requested"},
					{"10-08 11:00", "requested reminded"},
					{"10-08 22:59", "requested reminded"},
					{"10-08 23:00", "requested reminded escalated"},
				}},
				"a day, to the midnight": {"24h", "03-11 00:00", [][2]string{
					{"03-11 23:59", "requested reminded"},
					{"03-12 00:00", "requested reminded escalated"},
					{"03-12 00:01", "requested reminded escalated"},
				}},
				"a working day, to the midnight before 春节": {"1个工作日", "02-14 00:00", [][2]string{
					{"02-14 12:00", "requested reminded"},
					{"02-14 23:59", "requested reminded"},
					{"02-15 00:00", "requested reminded escalated"},
					{"02-15 00:01", "requested reminded escalated"},
				}},
				"a working day, the Saturday after 春节": {"1个工作日", "02-27 18:00", [][2]string{
					{"02-28 05:59", "requested"},
					{"02-28 06:00", "requested reminded"},
					{"02-28 17:59", "requested reminded"},
					{"02-28 18:00", "requested reminded escalated"},
				}},
				"a working day, the Sunday before 国庆": {"1个工作日", "09-18 18:00", [][2]string{
					{"09-19 23:59", "requested"},
					{"09-20 06:00", "requested reminded"},
					{"09-20 17:59", "requested reminded"},
					{"09-20 18:00", "requested reminded escalated"},
				}},
				"two working days, the Saturday after 国庆": {"2个工作日", "10-08 18:00", [][2]string{
					{"10-09 17:59", "requested"},
					{"10-09 18:00", "requested reminded"},
					{"10-10 17:59", "requested reminded"},
					{"10-10 18:00", "requested reminded escalated"},
					{"10-10 18:01", "requested reminded escalated"},
				}},
				"24 hours by the clock, over 国庆": {"24h", "09-30 18:00", [][2]string{
					{"10-01 05:59", "requested"},
					{"10-01 06:00", "requested reminded"},
					{"10-01 17:59", "requested reminded"},
					{"10-01 18:00", "requested reminded escalated"},
				}},
				"down at half of the time": {"24h", "03-11 10:00", [][2]string{{"03-12 09:59", "requested reminded"}, {"03-12 10:00", "requested reminded escalated"}}},
				"down at both":             {"24h", "03-11 10:00", [][2]string{{"03-12 10:01", "requested escalated"}, {"03-13 10:00", "requested escalated"}}},
				"down until much later":    {"2个工作日", "03-11 10:00", [][2]string{{"04-20 10:00", "requested escalated"}}},
				"a day off of the firm's own": {"1个工作日", "03-17 10:00", [][2]string{
					{"03-18 23:59", "requested reminded"},
					{"03-19 09:59", "requested reminded"},
					{"03-19 10:00", "requested reminded escalated"},
				}},
			} {
				t.Run(what, func(t *testing.T) {
					t.Parallel()
					o := newOffice(t, database(t), managerWithin+c.limit+"}\n")
					o.load("calendar", "日期,类型,名称\n2026-03-18,节假日,厂庆\n")
					o.at(c.from)
					id := o.place(10)
					for _, s := range c.steps {
						o.at(s[0])
						o.round()
						o.round()
						require.Equal(t, s[1], o.news(), s[0])
					}
					// The escalation's own may decide now; after that nothing more comes.
					require.Contains(t, o.order(id).OpenNode().Extra, orders.StaffCode("S14"))
					require.NoError(t, o.do(func(tx *storage.Tx) error {
						_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor("S14"))
						return err
					}))
					told := o.news()
					o.clock = o.clock.Add(1000 * time.Hour)
					o.round()
					require.Equal(t, told, o.news())
				})
			}
		})
	}
}

// Nothing reminds of what was decided before.
func TestDecidedInTimeIsNotRemindedOf(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), managerWithin+"24h}\n")
			o.at("03-11 10:00")
			id := o.place(10)
			o.at("03-11 21:59")
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor("S10"))
				return err
			}))
			o.at("03-14 10:00")
			o.round()
			require.Equal(t, "requested decided", o.news())
		})
	}
}

// A draft is good for 24 hours, and what is softly reserved is held for 24 hours, by the clock, holidays or not: at 23:59 both stand, at
// 24:00 neither does, whether or not the clock has looked.
//
// feature: ST-02
func TestDraftsAndReservationsAtTheirDeadlines(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), managerWithin+"72h}\n")
			o.desk.Times.ReservationExpires = 24 * time.Hour
			confirm := func(id orders.OrderID) error {
				return o.do(func(tx *storage.Tx) error { _, _, err := o.desk.Confirm(tx, id, 0, o.actor("S01")); return err })
			}
			for _, day := range []string{"02-14", "02-27", "03-11", "09-30", "10-09"} { // before and after 春节, ordinary, before and after 国庆
				o.at(day + " 10:00")
				begun := o.clock
				var drafts [4]*orders.Order
				for i := range drafts {
					drafts[i] = o.draft(10)
					o.do1(func(tx *storage.Tx) error { return o.desk.Place(tx, drafts[i], o.actor("S01")) })
				}
				held := func() int64 { return number(t, o.sql, "SELECT reserved FROM stock WHERE product = 'P1'") / 1_000_000 }
				require.NoError(t, confirm(drafts[0].ID))
				require.EqualValues(t, 10, held())

				o.clock = begun.Add(23*time.Hour + 59*time.Minute)
				o.round()
				require.EqualValues(t, 10, held(), "%s 23:59", day)
				require.Equal(t, orders.StatusDraft, o.order(drafts[1].ID).Status)
				require.NoError(t, confirm(drafts[1].ID))
				require.EqualValues(t, 20, held())

				o.clock = begun.Add(24 * time.Hour)
				require.ErrorContains(t, confirm(drafts[2].ID), "已过期", "before the clock has looked")
				o.round()
				o.round()
				require.EqualValues(t, 10, held(), "%s 24:00", day)
				require.Equal(t, orders.StatusPendingApproval, o.order(drafts[0].ID).Status, "the approval goes on")
				require.Equal(t, orders.StatusClosed, o.order(drafts[2].ID).Status)

				o.clock = begun.Add(24*time.Hour + time.Minute)
				o.round()
				require.ErrorContains(t, confirm(drafts[3].ID), "已过期")
				for _, n := range []string{"order.expired", "reservation.ended"} {
					require.EqualValues(t, map[string]int{"order.expired": 2, "reservation.ended": 1}[n], number(t, o.sql, "SELECT COUNT(*) FROM events WHERE kind = ? AND at >= ? AND at <= ?", n, begun.UnixMilli(), o.clock.UnixMilli()), "%s %s: once", day, n)
				}
				o.clock = begun.Add(48 * time.Hour)
				o.round()
				require.Zero(t, held())
			}
		})
	}
}
