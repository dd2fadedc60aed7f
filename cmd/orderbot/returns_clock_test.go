package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// A return has two working days, whatever waits in it: at half of them whoever has it is reminded, at their end those above are told
// and may decide, each once, to the minute, over holidays and days of work that make up for them. What nobody has signed ends then.
//
// feature: CH-05
func TestReturnsAtTheirDeadlines(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, c := range map[string]struct {
				unsigned bool
				from     string
				steps    [][2]string // when a round is made, and what has been told by then
			}{
				"over a weekend": {false, "03-13 18:00", [][2]string{
					{"03-16 17:59", "asked signed"},
					{"03-16 18:00", "asked signed reminded"},
					{"03-17 17:59", "asked signed reminded"},
					{"03-17 18:00", "asked signed reminded late"},
					{"03-17 18:01", "asked signed reminded late"},
				}},
				"over 春节 with its Saturdays": {false, "02-13 12:00", [][2]string{
					{"02-14 11:59", "asked signed"},
					{"02-14 12:00", "asked signed reminded"},
					{"02-24 11:59", "asked signed reminded"},
					{"02-24 12:00", "asked signed reminded late"},
				}},
				"over 国庆 with its Saturday": {false, "09-30 23:59", [][2]string{
					{"10-08 23:58", "asked signed"},
					{"10-08 23:59", "asked signed reminded"},
					{"10-09 23:58", "asked signed reminded"},
					{"10-09 23:59", "asked signed reminded late"},
				}},
				"to the midnight": {false, "03-11 00:00", [][2]string{
					{"03-11 23:59", "asked signed"},
					{"03-12 00:00", "asked signed reminded"},
					{"03-12 23:59", "asked signed reminded"},
					{"03-13 00:00", "asked signed reminded late"},
					{"03-13 00:01", "asked signed reminded late"},
				}},
				"the Saturday after 春节": {false, "02-27 10:00", [][2]string{
					{"02-28 09:59", "asked signed"},
					{"02-28 10:00", "asked signed reminded"},
					{"03-02 09:59", "asked signed reminded"},
					{"03-02 10:00", "asked signed reminded late"},
				}},
				"the Sunday before 国庆": {false, "09-18 18:00", [][2]string{
					{"09-20 17:59", "asked signed"},
					{"09-20 18:00", "asked signed reminded"},
					{"09-21 17:59", "asked signed reminded"},
					{"09-21 18:00", "asked signed reminded late"},
				}},
				"the Saturday after 国庆": {false, "10-08 18:00", [][2]string{
					{"10-09 17:59", "asked signed"},
					{"10-09 18:00", "asked signed reminded"},
					{"10-10 17:59", "asked signed reminded"},
					{"10-10 18:00", "asked signed reminded late"},
				}},
				"down at both":  {false, "03-11 10:00", [][2]string{{"04-20 10:00", "asked signed late"}}},
				"never signed":  {true, "03-11 10:00", [][2]string{{"03-13 09:59", "asked reminded"}, {"03-13 10:00", "asked reminded dropped"}}},
				"down meantime": {true, "03-11 10:00", [][2]string{{"03-13 10:01", "asked dropped"}}},
			} {
				t.Run(what, func(t *testing.T) {
					t.Parallel()
					o := newOffice(t, database(t), "routes: [{name: 直通, when: 其余, steps: []}]\n")
					o.desk.Returns = orders.ReturnTerms{FinanceFrom: 100_00}
					o.at(c.from)
					o.clock = o.clock.AddDate(0, 0, -1)
					id := o.place(10)
					told := func() (out string) {
						for _, what := range texts(t, o.sql, "SELECT data FROM events WHERE kind = 'order.return' ORDER BY id") {
							out += " " + whatOf(what)
						}
						return out[1:]
					}
					require.NoError(t, o.do(func(tx *storage.Tx) error {
						if _, err := o.desk.Ship(tx, id, "SF", "SF1234567890123", "token", o.actor("S21")); err != nil {
							return err
						}
						_, err := o.desk.Track(tx, id, 1, orders.ParcelDelivered, nil, orders.SystemActor)
						return err
					}))
					o.at(c.from)
					var r *orders.Return
					require.NoError(t, o.do(func(tx *storage.Tx) (err error) {
						_, r, err = o.desk.AskReturn(tx, id, orders.Return{
							Kind: orders.ReturnGoods, Cause: orders.CauseQuality, Lines: []orders.ReturnLine{{Line: o.order(id).Lines[0].No, Quantity: decimal.NewFromInt(4)}},
						}, o.actor("S01"))
						if err == nil && !c.unsigned {
							_, r, err = o.desk.SignReturn(tx, id, r.No, r.Mark(), "zhouting", o.actor("S01"))
						}
						return err
					}))
					for _, s := range c.steps {
						o.at(s[0])
						o.round()
						o.round()
						require.Equal(t, s[1], told(), s[0])
					}
					if c.unsigned {
						require.Equal(t, orders.StatusDelivered, o.order(id).Status)
						return
					}
					// The escalation's own may decide now; after that nothing more comes.
					require.Contains(t, o.order(id).Return(0).Node.Extra, orders.StaffCode("S14"))
					require.NoError(t, o.do(func(tx *storage.Tx) error {
						_, _, err := o.desk.DecideReturn(tx, id, r.No, true, "", o.actor("S14"))
						return err
					}))
					last := told()
					o.clock = o.clock.Add(1000 * time.Hour)
					o.round()
					require.Equal(t, last, told())
				})
			}
		})
	}
}

// whatOf is what an event says became of a return.
func whatOf(data string) string {
	var d map[string]string
	if json.Unmarshal([]byte(data), &d) != nil {
		return data
	}
	return d["what"]
}
