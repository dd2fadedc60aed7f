package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// Rules with steps of several people: all of them, or any.
const (
	jointly = "routes: [{name: 会签, when: 其余, steps: [{all: [财务, 财务总监], limit: 4h}, {role: 运营主管}]}]"
	either  = "routes: [{name: 两家, when: 其余, steps: [{any: [财务, 财务总监], limit: 4h}, {role: 总监}]}]"
)

// chain writes an order's nodes with their states and who has decided them.
func (o *office) chain(id orders.OrderID) string {
	o.t.Helper()
	var out []string
	for _, n := range o.order(id).Nodes {
		who := string(n.Role)
		if n.Assignee != "" {
			who = string(n.Assignee)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", who, n.Status, n.DecidedBy)))
	}
	return strings.Join(out, ", ")
}

// approves lets somebody consent to an order.
func (o *office) approves(who orders.StaffCode, id orders.OrderID) error {
	return o.do(func(tx *storage.Tx) error {
		_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor(who))
		return err
	})
}

func (o *office) rejects(who orders.StaffCode, id orders.OrderID) error {
	return o.do(func(tx *storage.Tx) error {
		_, err := o.desk.Decide(tx, id, 0, 0, false, "价格不对", o.actor(who))
		return err
	})
}

func (o *office) sendsBack(who orders.StaffCode, id orders.OrderID) error {
	return o.do(func(tx *storage.Tx) error {
		_, err := o.desk.SendBack(tx, id, "数量再核对", o.actor(who))
		return err
	})
}

func (o *office) transfers(who, to orders.StaffCode, id orders.OrderID) error {
	return o.do(func(tx *storage.Tx) error {
		_, err := o.desk.Transfer(tx, id, o.catalog().StaffByCode(to), "", o.actor(who))
		return err
	})
}

func (o *office) adds(who, added orders.StaffCode, id orders.OrderID) error {
	return o.do(func(tx *storage.Tx) error {
		_, err := o.desk.AddApprover(tx, id, o.catalog().StaffByCode(added), "", o.actor(who))
		return err
	})
}

func (o *office) confirms(id orders.OrderID) error {
	return o.do(func(tx *storage.Tx) error {
		_, _, err := o.desk.Confirm(tx, id, 0, o.actor("S01"))
		return err
	})
}

// leaves lets somebody be away for days of March, stood in for by somebody.
func (o *office) leaves(who, deputy orders.StaffCode, from, until int) {
	o.t.Helper()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, location) }
	require.NoError(o.t, o.do(func(tx *storage.Tx) error {
		return tx.Leave(orders.Absence{Staff: who, Deputy: deputy, By: who, From: day(from), Until: day(until)})
	}))
}

// onOffices runs a test on an office of each database.
func onOffices(t *testing.T, rulesFile string, test func(t *testing.T, o *office)) {
	t.Helper()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newOffice(t, database(t), rulesFile))
		})
	}
}

// Of a step that all of several roles decide, a person decides for one of them, whichever of them they hold, stand
// in for or were named for. Where nobody else is left, those above decide, and never the same person twice.
//
// feature: AP-10
func TestAPersonCountsOnceInAStep(t *testing.T) {
	t.Parallel()
	onOffices(t, jointly, func(t *testing.T, o *office) {
		t.Helper()
		denied := func(err error, words string) {
			t.Helper()
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(err))
			require.ErrorContains(t, err, words)
		}
		const once = "一个人只算一个角色"
		roles := func(list string) { o.load("staff", "code,name,role,superior\n"+list) }

		// Somebody holds both roles; others hold one each.
		roles("S40,何兼,finance;cfo,S13\n")
		id := o.place(10)
		require.NoError(t, o.approves("S40", id))
		require.Equal(t, "finance approved S40, cfo open, operations waiting", o.chain(id))
		denied(o.approves("S40", id), once)
		denied(o.rejects("S40", id), once)
		denied(o.sendsBack("S40", id), once)
		denied(o.transfers("S40", "S13", id), once)
		denied(o.approves("S11", id), "没有这一步的权限")
		require.Empty(t, o.order(id).OpenNode().Extra, "S12 is there")
		require.NoError(t, o.approves("S12", id))
		require.NoError(t, o.approves("S14", id))
		require.Equal(t, "finance approved S40, cfo approved S12, operations approved S14", o.chain(id))

		// By 转交: not to who has consented.
		id = o.place(10)
		require.NoError(t, o.approves("S12", id))
		require.ErrorContains(t, o.transfers("S11", "S12", id), once)
		require.NoError(t, o.transfers("S11", "S40", id))
		require.NoError(t, o.approves("S40", id))
		require.Equal(t, "finance transferred S11, cfo approved S12, S40 approved S40, operations open", o.chain(id))
		id = o.place(10)
		require.NoError(t, o.transfers("S11", "S12", id), "who has not")
		require.NoError(t, o.approves("S12", id))
		require.Equal(t, "finance transferred S11, cfo approved S12, S12 open, operations waiting", o.chain(id))
		require.Equal(t, []orders.StaffCode{"S14"}, o.order(id).OpenNode().Extra, "named alone, and spent: those above")
		denied(o.approves("S12", id), once)
		require.NoError(t, o.approves("S14", id))

		// By standing in: S11 for S12.
		roles("S40,何兼,service,S13\n")
		o.leaves("S12", "S11", 11, 13)
		id = o.place(10)
		require.NoError(t, o.approves("S11", id))
		require.Equal(t, "finance approved S11, cfo open, operations waiting", o.chain(id))
		denied(o.approves("S11", id), "没有这一步的权限")
		require.Equal(t, []orders.StaffCode{"S14"}, o.order(id).OpenNode().Extra)
		require.NoError(t, o.approves("S14", id))

		// Alone in both roles: the superior; the superior's own consent is one as well.
		o.at("03-16 10:00")
		roles("S40,何兼,finance;cfo,S13\nS11,李账,service,\nS12,赵财,service,\n")
		id = o.place(10)
		told := len(o.news())
		require.NoError(t, o.approves("S40", id))
		require.Equal(t, " decided covered", o.news()[told:])
		require.Equal(t, []orders.StaffCode{"S13"}, o.order(id).OpenNode().Extra)
		require.Equal(t, []string{"确认下单 S01 ", "会签转上级（财务总监） system 钱总", "同意（财务） S40 "},
			texts(t, o.sql, "SELECT action, actor, CASE WHEN actor = 'system' THEN after_text ELSE '' END FROM audit WHERE order_id = ? AND action <> '草稿' ORDER BY id", string(id)))
		require.NoError(t, o.approves("S13", id))
		require.Equal(t, "finance approved S40, cfo approved S13, operations open", o.chain(id))

		// Nobody holds either role: operations for one, the administrator for the other.
		roles("S40,何兼,service,\n")
		id = o.place(10)
		require.NoError(t, o.approves("S14", id))
		denied(o.approves("S14", id), once)
		require.NoError(t, o.approves("S99", id))
		require.Equal(t, "finance approved S14, cfo approved S99, operations open", o.chain(id))

		// Nobody is left at all: 跳过 goes on.
		roles("S40,何兼,finance;cfo;operations,\nS14,孙运,service,\nS99,管理,service,\n")
		id = o.place(10)
		require.NoError(t, o.approves("S40", id))
		require.Empty(t, o.order(id).OpenNode().Extra)
		require.NoError(t, o.do(func(tx *storage.Tx) error {
			_, err := o.desk.Skip(tx, id, "只有一个人", o.actor("S40"))
			return err
		}))
		require.Equal(t, "finance approved S40, cfo skipped S40, operations open", o.chain(id))
		replayed(t, o.sql)
	})
}

// 加签, 转交, 退回 and deputies within a step that all of several roles decide.
//
// feature: AP-10, AP-11
func TestAllOfARolesStepIsHandedOnAddedToAndSentBack(t *testing.T) {
	t.Parallel()
	onOffices(t, jointly, func(t *testing.T, o *office) {
		t.Helper()
		// Who was added decides behind the whole step, also where the part was handed on afterwards.
		id := o.place(10)
		require.NoError(t, o.adds("S11", "S13", id))
		require.Equal(t, orders.CodeConflict, orders.ErrorCode(o.adds("S12", "S13", id)), "once")
		require.NoError(t, o.transfers("S11", "S10", id))
		require.Equal(t, "finance transferred S11, cfo open, S10 open, S13 waiting, operations waiting", o.chain(id))
		require.NoError(t, o.approves("S12", id))
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(o.approves("S13", id)), "not yet")
		require.NoError(t, o.approves("S10", id))
		require.Equal(t, "finance transferred S11, cfo approved S12, S10 approved S10, S13 open, operations waiting", o.chain(id))
		require.NoError(t, o.approves("S13", id))
		require.NoError(t, o.approves("S14", id))
		require.Equal(t, orders.StatusAllocated, o.order(id).Status)

		// Sent back by one, after another has consented: it holds nothing, and everybody decides anew.
		id = o.place(20)
		held := func() int64 { return number(t, o.sql, "SELECT held FROM credit WHERE customer = 'C1'") }
		before := held()
		require.NoError(t, o.approves("S12", id))
		require.NoError(t, o.sendsBack("S11", id))
		require.Equal(t, "finance returned S11, cfo approved S12, operations void", o.chain(id))
		require.Equal(t, orders.StatusDraft, o.order(id).Status)
		require.Equal(t, before-2000_00, held())
		require.Zero(t, number(t, o.sql, "SELECT COUNT(*) FROM reservations WHERE order_id = ?", string(id)))
		require.Equal(t, orders.CodeConflict, orders.ErrorCode(o.approves("S12", id)))
		require.NoError(t, o.confirms(id))
		require.Equal(t, before, held())
		const first = "finance returned S11, cfo approved S12, operations void, "
		require.Equal(t, first+"finance open, cfo open, operations waiting", o.chain(id))
		require.NoError(t, o.approves("S12", id))
		require.NoError(t, o.approves("S11", id))
		require.Equal(t, first+"finance approved S11, cfo approved S12, operations open", o.chain(id))

		// A deputy decides one part in the name of who is away, the other one their own.
		o.leaves("S11", "S10", 11, 12)
		id = o.place(10)
		require.NoError(t, o.approves("S10", id))
		require.Equal(t, "王敏（代李账）", o.order(id).Nodes[0].Name)
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(o.approves("S10", id)))
		require.NoError(t, o.rejects("S12", id), "one rejection is enough")
		require.Equal(t, "finance approved S10, cfo rejected S12, operations void", o.chain(id))
		require.Equal(t, orders.StatusRejected, o.order(id).Status)
		replayed(t, o.sql)
	})
}

// Each part of a step that all of several roles decide is reminded of and passed on by itself, once, and no more
// when it is decided. Those above count once, too.
//
// feature: AP-10, AP-12
func TestDeadlinesOfAllOfAStep(t *testing.T) {
	t.Parallel()
	onOffices(t, jointly, func(t *testing.T, o *office) {
		t.Helper()
		news := ""
		at := func(when, more string) {
			t.Helper()
			o.at(when)
			o.round()
			o.round()
			news = strings.TrimSpace(news + " " + more)
			require.Equal(t, news, o.news(), when)
		}
		o.at("03-11 10:00")
		id := o.place(10)
		at("03-11 11:59", "requested requested")
		at("03-11 12:00", "reminded reminded")
		at("03-11 13:59", "")
		at("03-11 14:00", "escalated escalated")
		for _, n := range o.order(id).OpenNodes() {
			require.Equal(t, []orders.StaffCode{"S14"}, n.Extra)
		}
		require.NoError(t, o.approves("S14", id))
		require.Equal(t, []orders.StaffCode{"S14", "S99"}, o.order(id).OpenNode().Extra, "S14 has had their say")
		require.NoError(t, o.approves("S99", id))
		require.Equal(t, "finance approved S14, cfo approved S99, operations open", o.chain(id))
		require.NoError(t, o.approves("S14", id))
		at("03-13 14:00", "decided covered decided requested decided")

		// One has decided in time, another has it from later on.
		o.at("03-16 10:00")
		id = o.place(10)
		require.NoError(t, o.approves("S11", id))
		at("03-16 11:00", "requested requested decided")
		require.NoError(t, o.transfers("S12", "S13", id))
		at("03-16 12:59", "decided requested")
		at("03-16 13:00", "reminded")
		at("03-16 14:59", "")
		at("03-16 15:00", "escalated")
		at("03-17 15:00", "")
		require.NoError(t, o.approves("S13", id))
		require.Equal(t, "finance approved S11, cfo transferred S12, S13 approved S13, operations open", o.chain(id))
		replayed(t, o.sql)
	})
}

// 加签, 转交, 退回, deputies and deadlines within a step that any of several roles decides.
//
// feature: AP-10, AP-11, AP-12
func TestAnyOfARolesStepIsHandedOnAddedToAndSentBack(t *testing.T) {
	t.Parallel()
	onOffices(t, either, func(t *testing.T, o *office) {
		t.Helper()
		o.at("03-11 10:00")
		id := o.place(10)
		require.NoError(t, o.adds("S11", "S10", id))
		require.NoError(t, o.approves("S12", id), "the other one")
		require.Equal(t, "finance approved S12, S10 open, director waiting", o.chain(id))
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(o.approves("S11", id)))
		require.NoError(t, o.approves("S10", id))
		require.NoError(t, o.approves("S13", id))

		id = o.place(10)
		require.NoError(t, o.transfers("S12", "S10", id))
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(o.approves("S11", id)), "handed on for both")
		require.NoError(t, o.sendsBack("S10", id))
		require.Equal(t, "finance transferred S12, S10 returned S10, director void", o.chain(id))
		require.NoError(t, o.confirms(id))
		require.Equal(t, "finance transferred S12, S10 returned S10, director void, finance open, director waiting", o.chain(id))
		require.NoError(t, o.rejects("S11", id))

		// A deputy of one of them, while the other one is there; who is away may still.
		o.leaves("S11", "S10", 11, 12)
		for _, who := range []orders.StaffCode{"S10", "S11", "S12"} {
			id = o.place(10)
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(o.approves("S13", id)))
			require.NoError(t, o.approves(who, id))
			require.Equal(t, fmt.Sprintf("finance approved %s, director open", who), o.chain(id))
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(o.approves("S12", id)), "once")
		}
		for _, id := range texts(t, o.sql, "SELECT id FROM orders WHERE status = 'pending_approval'") {
			require.NoError(t, o.rejects("S13", orders.OrderID(id)))
		}

		// One reminder and one escalation for all of them together.
		o.at("03-16 10:00")
		told := len(o.news())
		id = o.place(10)
		o.at("03-16 12:00")
		o.round()
		require.Equal(t, " requested reminded", o.news()[told:])
		o.at("03-16 14:00")
		o.round()
		o.round()
		require.Equal(t, " requested reminded escalated", o.news()[told:])
		require.Equal(t, []orders.StaffCode{"S14"}, o.order(id).OpenNode().Extra)
		require.NoError(t, o.approves("S14", id))
		require.Equal(t, "finance approved S14, director open", o.chain(id))
		replayed(t, o.sql)
	})
}
