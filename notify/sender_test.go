package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/orders"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is a sender on an outbox, with the two platforms of the staff and a planning system.
type office struct {
	*memory
	wecom, dingtalk, aps *channel
	sender               *notify.Sender
	reg                  *prometheus.Registry
	log                  *strings.Builder
	logger               *slog.Logger
	stop                 func()
}

// open starts a sender. It must be called in a synctest bubble.
func open(t *testing.T) *office {
	t.Helper()
	o := &office{memory: newMemory(), wecom: &channel{now: time.Now}, dingtalk: &channel{now: time.Now}, aps: &channel{now: time.Now}, log: new(strings.Builder)}
	o.logger = slog.New(slog.NewTextHandler(o.log, nil))
	o.start(t)
	return o
}

// start starts a sender on the office's outbox.
func (o *office) start(t *testing.T) {
	t.Helper()
	var m *notify.Metrics
	m, o.reg = metrics()
	o.sender = notify.NewSender(notify.SenderOptions{
		Outbox: o.memory, Store: o.memory, Backlog: o.memory, Metrics: m, Now: time.Now,
		Channels: map[orders.Platform]notify.Channel{orders.WeCom: o.wecom, orders.DingTalk: o.dingtalk, orders.APS: o.aps},
		Catalog:  func() *orders.Catalog { return catalog() },
		Logger:   o.logger,
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	sender := o.sender
	go func() { done <- sender.Run(ctx) }()
	o.stop = func() {
		cancel()
		require.NoError(t, <-done)
	}
}

func TestMessagesGoOutInTheOrderOfTheirChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		for i := range 5 {
			o.send(t, say(fmt.Sprintf("a%d", i), orders.WeCom, "wang"), say(fmt.Sprintf("b%d", i), orders.DingTalk, "li"))
		}
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"a0", "a1", "a2", "a3", "a4"}, o.wecom.keys("wang"))
		require.Equal(t, []string{"b0", "b1", "b2", "b3", "b4"}, o.dingtalk.keys("li"))
		require.EqualValues(t, 10, value(t, o.reg, "orderbot_deliveries_sent_total"))
	})
}

func TestAWokenSenderActsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		synctest.Wait()
		begin := time.Now()
		o.send(t, say("a", orders.WeCom, "wang"), say("b", orders.WeCom, "wang"))
		o.sender.Wake()
		synctest.Wait()
		require.Equal(t, []string{"a", "b"}, o.wecom.keys("wang"))
		require.Equal(t, begin, time.Now())
	})
}

func TestAPlatformThatIsAwayDelaysAndDropsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		away    time.Duration
		failure notify.Error
	}{
		"30 s away":         {30 * time.Second, notify.Error{Reason: notify.Unavailable, Unknown: true, Err: errors.New("time-out")}},
		"hours away":        {2 * time.Hour, notify.Error{Reason: notify.Unavailable, Err: errors.New("connection refused")}},
		"rate limit hit":    {2 * time.Minute, notify.Error{Reason: notify.RateLimited, RetryAfter: 20 * time.Second, Err: errors.New("45009")}},
		"wrong credentials": {10 * time.Minute, notify.Error{Reason: notify.Auth, Err: errors.New("40001")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				defer func() { o.stop() }()
				o.wecom.set(always(&c.failure))
				for chat := range 20 {
					for i := range 3 {
						o.send(t, say(fmt.Sprintf("%d-%d", chat, i), orders.WeCom, fmt.Sprint(chat)))
					}
				}
				o.send(t, say("other platform", orders.DingTalk, "li"))
				time.Sleep(2 * time.Second)
				require.Len(t, o.dingtalk.taken(), 1, "a platform in trouble must not hold up the other")
				time.Sleep(c.away - 2*time.Second)
				require.Empty(t, o.wecom.taken())
				tried := o.wecom.tried
				o.wecom.set(nil)
				time.Sleep(2 * time.Minute)
				require.Len(t, o.wecom.taken(), 60)
				for chat := range 20 {
					var want []string
					for i := range 3 {
						want = append(want, fmt.Sprintf("%d-%d", chat, i))
					}
					require.Equal(t, want, o.wecom.keys(fmt.Sprint(chat)))
				}
				require.Less(t, float64(tried), 20+c.away.Seconds()/2, "it must not be hammered")
				for _, d := range o.all() {
					require.Equal(t, orders.DeliverySent, d.Status)
				}
			})
		})
	}
}

func TestRecoveryAfterAShortFailureIsQuick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		failures := 1
		o.wecom.set(func(*orders.Delivery, cards.Message) error {
			if failures--; failures >= 0 {
				return &notify.Error{Reason: notify.Unavailable, Unknown: true, Err: errors.New("connection reset")}
			}
			return nil
		})
		o.send(t, say("a", orders.WeCom, "wang"))
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"a"}, o.wecom.keys("wang"))
		require.EqualValues(t, 1, value(t, o.reg, "orderbot_deliveries_repeated_after_unknown_total"))
	})
}

func TestARateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		begin := time.Now()
		o.wecom.set(always(&notify.Error{Reason: notify.RateLimited, RetryAfter: time.Minute, Err: errors.New("45009")}))
		o.send(t, say("a", orders.WeCom, "wang"))
		time.Sleep(time.Second)
		o.wecom.set(nil)
		time.Sleep(2 * time.Minute)
		got := o.wecom.taken()
		require.Len(t, got, 1)
		require.GreaterOrEqual(t, got[0].At.Sub(begin), time.Minute)
		require.Equal(t, 2, o.wecom.tried)
	})
}

// The platform drops what one member gets beyond 30 messages a minute, without an error.
func TestAMemberNeverGetsMoreThanWeComLetsThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		const n = 1010
		for i := range n {
			o.send(t, say(fmt.Sprint(i), orders.WeCom, "wang"))
		}
		for i := range 100 {
			o.send(t, say("d"+fmt.Sprint(i), orders.DingTalk, "li"))
		}
		time.Sleep(75 * time.Minute)
		got := o.wecom.taken()
		require.Len(t, got, n)
		for i := range got {
			require.Equal(t, fmt.Sprint(i), got[i].Key)
			if i >= 30 {
				require.Greater(t, got[i].At.Sub(got[i-30].At), time.Minute)
			}
			if i >= 1000 {
				require.Greater(t, got[i].At.Sub(got[i-1000].At), time.Hour)
			}
		}
		require.Less(t, o.dingtalk.taken()[99].At.Sub(got[0].At), time.Minute, "only WeCom has this limit")
	})
}

func TestACrashBetweenSendingAndRecordingSendsAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		o.dropFinish = 1
		o.send(t, say("a", orders.WeCom, "wang"), say("b", orders.WeCom, "wang"))
		time.Sleep(5 * time.Second)
		o.stop()
		require.Equal(t, []string{"a"}, o.wecom.keys("wang"))
		o.start(t)
		defer func() { o.stop() }()
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"a", "a", "b"}, o.wecom.keys("wang"), "b waits for a, and a has its key again")
		require.EqualValues(t, 1, value(t, o.reg, "orderbot_deliveries_repeated_after_unknown_total"))
	})
}

// What a platform without keys is sent stands on the screen before it is recorded: of many at once
// a crash would repeat as many.
func TestOnlyOneWithoutAKeyIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		o.dingtalk.unkeyed = true
		for p, c := range map[orders.Platform]*channel{orders.DingTalk: o.dingtalk, orders.WeCom: o.wecom} {
			c.concurrently = func() { time.Sleep(300 * time.Millisecond) }
			for i := range 40 {
				o.send(t, say(fmt.Sprint(p, i), p, fmt.Sprint("li", i)))
			}
		}
		time.Sleep(time.Minute)
		require.Len(t, o.dingtalk.taken(), 40)
		require.Len(t, o.wecom.taken(), 40)
		require.Equal(t, 1, o.dingtalk.most)
		require.Greater(t, o.wecom.most, 1)
	})
}

func TestTwoSendersSendOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		first := o.stop
		o.start(t)
		defer func() { first(); o.stop() }()
		for i := range 200 {
			o.send(t, say(fmt.Sprint(i), orders.WeCom, fmt.Sprint(i%40)))
		}
		time.Sleep(time.Minute)
		require.Len(t, o.wecom.taken(), 200)
	})
}

func TestShutdownRecordsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		o.wecom.set(func(*orders.Delivery, cards.Message) error {
			time.Sleep(3 * time.Second)
			return nil
		})
		o.send(t, say("a", orders.WeCom, "wang"))
		o.sender.Wake()
		synctest.Wait()
		o.stop()
		require.Equal(t, orders.DeliverySent, o.all()[0].Status)
	})
}

func TestTheSenderOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		o.send(t, say("a", orders.WeCom, "wang"))
		o.mu.Lock()
		o.fail = errors.New("database is away")
		o.mu.Unlock()
		time.Sleep(30 * time.Second)
		o.mu.Lock()
		o.fail = nil
		o.mu.Unlock()
		time.Sleep(2 * time.Minute)
		require.Contains(t, o.wecom.keys("wang"), "a")
	})
}

func card(kind, key string, platform orders.Platform, id string) orders.Delivery {
	c := &cards.Card{Title: "订单审批 SO202603110001", Buttons: []cards.Button{{Text: "同意", Action: "x", Say: "同意 SO202603110001"}}}
	raw, _ := json.Marshal(cards.Message{Text: cards.Text(c), Card: c})
	return orders.Delivery{
		Key: key, Chat: orders.Chat{Platform: platform, ID: id}, Kind: kind, Order: "SO202603110001", Body: raw, Created: time.Now(),
	}
}

var refused = &notify.Error{Reason: notify.Rejected, Err: errors.New("40058 invalid field")}

// feature: NT-09
func TestWhatAPlatformRefusesIsTriedInThePersonsOtherChatOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		send             orders.Delivery
		dingtalk, wecom  func(*orders.Delivery, cards.Message) error
		inWeCom          []string // keys
		wecomShowsCard   bool
		failed, toldBoss bool
	}{
		"a person who can't be reached in DingTalk gets the card in WeCom": {
			send: card(notify.KindApproval, "k", orders.DingTalk, "d-manager"), dingtalk: always(refused),
			inWeCom: []string{"k:alt"}, wecomShowsCard: true,
		},
		"a notice goes the other way too": {
			send: func() orders.Delivery {
				d := say("k", orders.DingTalk, "d-manager")
				d.Kind = notify.KindDecided
				return d
			}(),
			dingtalk: always(refused), inWeCom: []string{"k:alt"},
		},
		"a reply in a chat stays in that chat": {
			send: say("k", orders.DingTalk, "d-manager"), dingtalk: always(refused), failed: true,
		},
		"who has only one account gets nothing, and the overseers hear of it": {
			send: card(notify.KindApproval, "k", orders.DingTalk, "d-cfo"), dingtalk: always(refused), failed: true, toldBoss: true,
		},
		"both platforms refuse: the overseers hear of it": {
			send: card(notify.KindApproval, "k", orders.DingTalk, "d-manager"), dingtalk: always(refused),
			wecom: func(d *orders.Delivery, _ cards.Message) error {
				if d.Chat.ID == "w-manager" {
					return refused
				}
				return nil
			}, failed: true, toldBoss: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				defer func() { o.stop() }()
				o.dingtalk.set(c.dingtalk)
				o.wecom.set(c.wecom)
				o.send(t, c.send)
				time.Sleep(time.Minute)
				require.Empty(t, o.dingtalk.taken())
				require.Equal(t, c.inWeCom, o.wecom.keys("w-manager"))
				for _, k := range o.wecom.taken() {
					if k.Chat.ID == "w-manager" {
						require.Equal(t, c.wecomShowsCard, k.Card != nil)
					}
				}
				require.Equal(t, c.toldBoss, len(o.wecom.keys("w-ops")) == 1)
				require.Equal(t, orders.DeliveryFailed, o.all()[0].Status, "what was refused is given up")
				require.Equal(t, "rejected: 40058 invalid field", o.all()[0].Error)
				require.Equal(t, c.failed, value(t, o.reg, "orderbot_deliveries_given_up_total") > 0)
			})
		})
	}
}

func TestAPlatformThatIsNotSetUpIsLikeOneThatRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		o.send(t, say("a", orders.KF, "kf wm1"))
		time.Sleep(time.Second)
		require.Equal(t, orders.DeliveryFailed, o.all()[0].Status)
		require.NotEmpty(t, o.all()[0].Error)
	})
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	update := func(of int64) orders.Delivery {
		d := card(notify.KindApprovalSettled, "u", orders.DingTalk, "d-manager")
		d.Update = of
		return d
	}
	t.Run("an update follows its card even when the card was late", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := open(t)
			defer func() { o.stop() }()
			o.dingtalk.set(always(&notify.Error{Reason: notify.Unavailable, Err: errors.New("away")}))
			o.send(t, card(notify.KindApproval, "k", orders.DingTalk, "d-manager"))
			o.send(t, update(1))
			time.Sleep(30 * time.Second)
			o.dingtalk.set(nil)
			time.Sleep(time.Minute)
			require.Equal(t, []string{"k", "u"}, o.dingtalk.keys("d-manager"))
			require.EqualValues(t, 1, o.dingtalk.taken()[1].Update)
		})
	})
	t.Run("a card that never arrived needs no update", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := open(t)
			defer func() { o.stop() }()
			o.dingtalk.set(always(refused))
			o.send(t, card(notify.KindApproval, "k", orders.DingTalk, "d-manager"))
			o.send(t, update(1))
			time.Sleep(time.Minute)
			o.dingtalk.set(nil)
			time.Sleep(time.Minute)
			require.Empty(t, o.dingtalk.taken())
		})
	})
}

// Channels keep secrets out of their errors; should one slip, the sender still keeps the queries of
// addresses out of logs and database.
func TestNoSecretReachesLogOrDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		const secret = "tok-5ecre7"
		leak := &url.Error{Op: "Post", URL: "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=" + secret + "&debug=1", Err: errors.New("time-out")}
		o.wecom.set(always(&notify.Error{Reason: notify.Unavailable, Err: leak}))
		o.dingtalk.set(func(*orders.Delivery, cards.Message) error { return leak })
		o.send(t, say("a", orders.WeCom, "wang"), say("b", orders.DingTalk, "li"))
		time.Sleep(10 * time.Second)
		o.wecom.set(always(&notify.Error{Reason: notify.Rejected, Err: leak}))
		time.Sleep(time.Minute)
		o.stop()
		require.NotContains(t, o.log.String(), secret)
		require.Contains(t, o.log.String(), "time-out")
		for _, d := range o.all() {
			require.NotContains(t, d.Error, secret)
			require.NotEmpty(t, d.Error)
		}
	})
}

func TestTheAgeOfTheOutboxIsMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		o.wecom.set(always(&notify.Error{Reason: notify.Unavailable, Err: errors.New("away")}))
		o.send(t, say("a", orders.WeCom, "wang"), say("b", orders.WeCom, "wang"))
		time.Sleep(61 * time.Second)
		require.EqualValues(t, 60, value(t, o.reg, "orderbot_outbox_age_seconds"))
		require.EqualValues(t, 2, value(t, o.reg, "orderbot_outbox_pending"))
	})
}

// staff is the firm of the tests.
var staff = []orders.Staff{
	{Code: "S1", Name: "小王", Roles: []orders.Role{orders.RoleSales}, WeCom: "w-wang", DingTalk: "d-wang"},
	{Code: "S2", Name: "小李", Roles: []orders.Role{orders.RoleSales}, WeCom: "w-li"},
	{Code: "M1", Name: "王敏", Roles: []orders.Role{orders.RoleSalesManager}, WeCom: "w-manager", DingTalk: "d-manager"},
	{Code: "M2", Name: "陈强", Roles: []orders.Role{orders.RoleSalesManager}, WeCom: "w-manager2"},
	{Code: "F1", Name: "赵财", Roles: []orders.Role{orders.RoleFinance}, WeCom: "w-finance"},
	{Code: "C1", Name: "钱总", Roles: []orders.Role{orders.RoleCFO}, DingTalk: "d-cfo"},
	{Code: "L1", Name: "孙组长", Roles: []orders.Role{orders.RoleWarehouseLead}, WeCom: "w-lead"},
	{Code: "W1", Name: "周仓", Roles: []orders.Role{orders.RoleWarehouse}, WeCom: "w-keeper", DingTalk: "d-keeper"},
	{Code: "P1", Name: "吴采", Roles: []orders.Role{orders.RolePurchasing}, WeCom: "w-buyer"},
	{Code: "K1", Name: "郑服", Roles: []orders.Role{orders.RoleService}, WeCom: "w-service"},
	{Code: "O1", Name: "冯运", Roles: []orders.Role{orders.RoleOperations}, WeCom: "w-ops"},
}

func catalog() *orders.Catalog {
	price := decimal.NewFromInt(2)
	return orders.NewCatalog(orders.Master{
		Products: []orders.Product{
			{Code: "P001", Name: "导尿管", Spec: "16Fr", Unit: "根", Price: &price},
			{Code: "P002", Name: "输液器", Unit: "支", Price: &price},
		},
		Customers: []orders.Customer{{Code: "C001", Name: "仁和医院", Sales: "S1", Phone: "13800001111"}},
	}, staff, nil, 1)
}
