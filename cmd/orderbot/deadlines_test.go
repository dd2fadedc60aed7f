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
