package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orderbot/bot/dingtalk"
	"orderbot/bot/wechat"
	"orderbot/bot/wecom"
	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/aps"
	notifydingtalk "orderbot/notify/dingtalk"
	"orderbot/notify/kuaidi100"
	notifywechat "orderbot/notify/wechat"
	notifywecom "orderbot/notify/wecom"
	"orderbot/orders"
)

// callTimeout is how long one call to a platform may take.
const callTimeout = 15 * time.Second

// connect sets up the platforms of the configuration: their callbacks, what they send, the files
// that come with messages.
func (s *server) connect(channels map[orders.Platform]notify.Channel) error {
	client := &http.Client{Timeout: callTimeout}
	links := &bindingLinks{life: s.config.Times.BindingCode}
	s.clerk.Links = links
	log := func(name string) *slog.Logger { return s.logger.With("part", name) }
	if w := s.config.WeCom; w != nil {
		callback, err := wecom.New(wecom.Options{
			CorpID: w.CorpID, AgentID: w.AgentID, Token: w.Token.Reveal(), AESKey: w.AESKey.Reveal(),
			Inbox: inbox{s}, Cursors: cursors{s}, Now: s.now, Logger: log("wecom"),
		})
		if err != nil {
			return err
		}
		callback.Register(s.app)
		app := notifywecom.NewApp(notifywecom.Options{
			APIURL: w.APIURL, CorpID: w.CorpID, Secret: w.Secret.Reveal(), AgentID: w.AgentID, HTTP: client, Now: s.now, Logger: log("wecom"),
		})
		channels[orders.WeCom] = app
		s.clerk.Media[orders.WeCom] = app
		s.checks = append(s.checks, platformCheck{"wecom", app.Check})
		if w.KF != nil {
			kf := notifywecom.NewKF(notifywecom.Options{
				APIURL: w.APIURL, CorpID: w.CorpID, Secret: w.KF.Secret.Reveal(), HTTP: client, Now: s.now, Logger: log("kf"),
			})
			puller := wecom.NewPuller(wecom.PullerOptions{Log: kf, Cursors: cursors{s}, Hold: s.hold, Now: s.now, Logger: log("kf")})
			callback, err := wecom.NewKF(wecom.KFOptions{
				CorpID: w.CorpID, Token: w.KF.Token.Reveal(), AESKey: w.KF.AESKey.Reveal(), Cursors: cursors{s}, Wake: puller.Wake, Now: s.now, Logger: log("kf"),
			})
			if err != nil {
				return err
			}
			callback.Register(s.app)
			links.kf = kf
			channels[orders.KF] = kf
			s.clerk.Media[orders.KF] = kf
			s.checks = append(s.checks, platformCheck{"kf", kf.Check})
			s.parts = append(s.parts, part{"kf puller", puller.Run})
		}
	}
	if a := s.config.ServiceAccount; a != nil {
		callback, err := wechat.New(wechat.Options{
			AppID: a.AppID, Token: a.Token.Reveal(), AESKey: a.AESKey.Reveal(), Inbox: inbox{s}, Now: s.now, Logger: log("service account"),
		})
		if err != nil {
			return err
		}
		callback.Register(s.app)
		account := notifywechat.New(notifywechat.Options{
			APIURL: a.APIURL, AppID: a.AppID, Secret: a.Secret.Reveal(), HTTP: client, Now: s.now, Logger: log("service account"),
			Templates: map[string]string{
				notify.KindConfirmed: a.Templates.Confirmed, notify.KindShipped: a.Templates.Shipped,
				notify.KindDelivered: a.Templates.Delivered, notify.KindDelayed: a.Templates.Delayed, notify.KindArrived: a.Templates.Confirmed,
				notify.KindReport: a.Templates.Report,
			},
		})
		links.account = account
		channels[orders.ServiceAccount] = account
		s.clerk.Media[orders.ServiceAccount] = account
		s.checks = append(s.checks, platformCheck{"service_account", account.Check})
	}
	if d := s.config.DingTalk; d != nil {
		robot := notifydingtalk.New(notifydingtalk.Options{
			APIURL: d.APIURL, LegacyURL: d.LegacyAPIURL, ClientID: d.ClientID, ClientSecret: d.ClientSecret.Reveal(), RobotCode: d.RobotCode,
			CardTemplateID: d.CardTemplateID, HTTP: client, Now: s.now, Logger: log("dingtalk"),
		})
		channels[orders.DingTalk] = robot
		s.clerk.Media[orders.DingTalk], s.clerk.Forms = robot, robot
		s.checks = append(s.checks, platformCheck{"dingtalk", robot.Check})
		stream := dingtalk.New(dingtalk.Options{
			APIURL: d.APIURL, ClientID: d.ClientID, ClientSecret: d.ClientSecret.Reveal(), Inbox: inbox{s}, Clicker: s.clerk,
			Now: s.now, Logger: log("dingtalk"), SurgeryForm: d.SurgeryForm,
		})
		s.parts = append(s.parts, part{"dingtalk stream", stream.Run})
	}
	if a := s.config.APS; a != nil {
		planning := aps.New(aps.Options{URL: a.APIURL, Secret: a.Secret.Reveal(), HTTP: client, Now: s.now})
		channels[orders.APS] = planning
		s.checks = append(s.checks, platformCheck{"aps", planning.Check})
	}
	return nil
}

// bindingLinks makes what leads a customer to be bound: a link into 微信客服 and a QR code of the
// service account, each carrying the code.
type bindingLinks struct {
	kf      *notifywecom.KF
	account *notifywechat.Account
	life    time.Duration
}

// Binding implements [bot.Links].
func (l *bindingLinks) Binding(ctx context.Context, code string) ([]string, error) {
	var lines []string
	var failed error
	if l.kf != nil {
		accounts, err := l.kf.Accounts(ctx)
		if err == nil && len(accounts) > 0 {
			var link string
			if link, err = l.kf.ContactLink(ctx, accounts[0], code); err == nil {
				lines = append(lines, "微信客服（点开即绑定）："+link)
			}
		}
		failed = errors.Join(failed, err)
	}
	if l.account != nil {
		picture, _, err := l.account.QRCode(ctx, code, l.life)
		if err == nil {
			lines = append(lines, "服务号二维码（扫码即绑定）："+picture)
		}
		failed = errors.Join(failed, err)
	}
	return lines, failed
}

// follow sets up the tracking of parcels.
func (s *server) follow(desk *orders.Desk, metrics *notify.Metrics) {
	k := s.config.Logistics.Kuaidi100
	if k == nil {
		return
	}
	client := kuaidi100.New(kuaidi100.Options{
		APIURL: k.APIURL, DetectURL: k.DetectURL, Customer: k.Customer, Key: k.Key.Reveal(), Salt: k.Salt.Reveal(), HTTP: &http.Client{Timeout: callTimeout},
	})
	s.tracker = notify.NewTracker(notify.TrackerOptions{
		Source: client, Store: notifyStore{s.store}, Finder: s.store, Desk: desk, Quota: s.store, PerDay: queriesPerDay,
		BaseURL: s.config.Server.PublicURL, Location: location, Metrics: metrics, Logger: s.logger.With("part", "tracker"),
	})
	s.app.Post("/callback/kuaidi100/:token", s.pushed(k.Salt.Reveal()))
}

// queriesPerDay bounds what a day's questions about parcels may cost.
const queriesPerDay = 2000

// pushed takes a parcel's trace that Kuaidi100 pushes (platform documentation, subscription and
// push: answered once it is stored, else pushed again).
func (s *server) pushed(salt string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		body := c.Request().Body() // as sent: nothing is unpacked
		if len(body) > wecom.MaxBody {
			return c.Status(http.StatusRequestEntityTooLarge).Send(nil)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return c.Status(http.StatusForbidden).Send(nil)
		}
		push, err := kuaidi100.VerifyPush(form.Get("sign"), form.Get("param"), salt)
		if err != nil {
			return c.Status(http.StatusForbidden).Send(nil)
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), 3*time.Second)
		defer cancel()
		err = s.tracker.Push(ctx, strings.Clone(c.Params("token")), push.State, push.Events)
		switch {
		case orders.ErrorCode(err) == orders.CodeNotFound:
			return c.Status(http.StatusForbidden).Send(nil)
		case err != nil:
			s.logger.Error("pushed trace not kept", "error", err)
			return c.Status(http.StatusServiceUnavailable).Send(nil)
		}
		s.wake()
		return c.JSON(fiber.Map{"result": true, "returnCode": "200", "message": "成功"})
	}
}

// buildNotify makes the outbound side.
func (s *server) buildNotify(desk *orders.Desk, signer *cards.Signer, metrics *notify.Metrics, channels map[orders.Platform]notify.Channel) {
	store := notifyStore{s.store}
	s.follow(desk, metrics)
	s.sender = notify.NewSender(notify.SenderOptions{
		Outbox: s.store, Store: store, Channels: channels, Catalog: s.books.catalog, Backlog: s.store, Metrics: metrics,
		Now: s.clock, Logger: s.logger.With("part", "sender"), Hold: s.hold, Blob: s.store.Blob,
	})
	set := make(map[orders.Platform]bool, len(channels))
	for p := range channels {
		set[p] = true
	}
	s.dispatcher = notify.NewDispatcher(notify.DispatcherOptions{
		Outbox: s.store, Store: store, Catalog: s.books.catalog, Signer: signer, Platforms: set, PageURL: s.clerk.PageURL, Tracker: s.tracker, Desk: desk,
		Metrics: metrics, Now: s.clock, Logger: s.logger.With("part", "dispatcher"), Hold: s.hold, Sent: s.sender.Wake,
	})
	deadlines := &notify.Deadlines{
		Outbox: s.store, Store: store, Desk: desk, Metrics: metrics, Logger: s.logger.With("part", "clock"), Wake: s.dispatcher.Wake,
	}
	absences := &notify.Absences{List: s.store, Store: store, Desk: desk, Wake: s.dispatcher.Wake}
	silence := &notify.Silence{
		List: s.store, Store: store, Catalog: s.books.catalog, Platforms: set, Now: s.clock, Wake: s.sender.Wake,
	}
	surgeries := &notify.Surgeries{List: s.store, Store: store, Desk: desk, Wake: s.dispatcher.Wake}
	reports := &notify.Reports{
		List: s.store, Store: reportStore{s.store}, Desk: desk, Signer: signer, Platforms: set, Keys: s.config.Reports.KeyCustomers, Wake: s.sender.Wake,
	}
	purge := &notify.Purge{Store: s.store, Keep: s.config.Times.KeepMessages, Now: s.clock, Logger: s.logger.With("part", "clock")}
	scheduler := notify.NewScheduler(notify.SchedulerOptions{
		Jobs: []notify.Job{deadlines.Job(2 * time.Second), absences.Job(2 * time.Second), silence.Job(10 * time.Minute), surgeries.Job(10 * time.Second), reports.Job(10 * time.Minute), purge.Job(time.Hour)}, Slots: s.store, Location: location, Now: s.clock, Logger: s.logger.With("part", "clock"),
	})
	s.parts = append(s.parts, part{"sender", s.sender.Run}, part{"dispatcher", s.dispatcher.Run}, part{"clock", scheduler.Run})
}
