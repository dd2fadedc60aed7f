package main

import (
	"log/slog"
	"net/http"
	"time"

	"orderbot/bot/dingtalk"
	"orderbot/bot/wecom"
	"orderbot/cards"
	"orderbot/notify"
	notifydingtalk "orderbot/notify/dingtalk"
	notifywecom "orderbot/notify/wecom"
	"orderbot/orders"
)

// callTimeout is how long one call to a platform may take.
const callTimeout = 15 * time.Second

// connect sets up the platforms of the configuration: their callbacks, what they send, the files
// that come with messages.
func (s *server) connect(channels map[orders.Platform]notify.Channel) error {
	client := &http.Client{Timeout: callTimeout}
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
			puller := wecom.NewPuller(wecom.PullerOptions{Log: kf, Cursors: cursors{s}, Now: s.now, Logger: log("kf")})
			callback, err := wecom.NewKF(wecom.KFOptions{
				CorpID: w.CorpID, Token: w.KF.Token.Reveal(), AESKey: w.KF.AESKey.Reveal(), Cursors: cursors{s}, Wake: puller.Wake, Now: s.now, Logger: log("kf"),
			})
			if err != nil {
				return err
			}
			callback.Register(s.app)
			channels[orders.KF] = kf
			s.clerk.Media[orders.KF] = kf
			s.checks = append(s.checks, platformCheck{"kf", kf.Check})
			s.parts = append(s.parts, part{"kf puller", puller.Run})
		}
	}
	if d := s.config.DingTalk; d != nil {
		robot := notifydingtalk.New(notifydingtalk.Options{
			APIURL: d.APIURL, LegacyURL: d.LegacyAPIURL, ClientID: d.ClientID, ClientSecret: d.ClientSecret.Reveal(), RobotCode: d.RobotCode,
			CardTemplateID: d.CardTemplateID, HTTP: client, Now: s.now, Logger: log("dingtalk"),
		})
		channels[orders.DingTalk] = robot
		s.clerk.Media[orders.DingTalk] = robot
		s.checks = append(s.checks, platformCheck{"dingtalk", robot.Check})
		stream := dingtalk.New(dingtalk.Options{
			APIURL: d.APIURL, ClientID: d.ClientID, ClientSecret: d.ClientSecret.Reveal(), Inbox: inbox{s}, Clicker: s.clerk,
			Now: s.now, Logger: log("dingtalk"),
		})
		s.parts = append(s.parts, part{"dingtalk stream", stream.Run})
	}
	return nil
}

// buildNotify makes the outbound side.
func (s *server) buildNotify(desk *orders.Desk, signer *cards.Signer, metrics *notify.Metrics, channels map[orders.Platform]notify.Channel) {
	store := notifyStore{s.store}
	s.sender = notify.NewSender(notify.SenderOptions{
		Outbox: s.store, Store: store, Channels: channels, Catalog: s.books.catalog, Backlog: s.store, Metrics: metrics,
		Now: s.clock, Logger: s.logger.With("part", "sender"),
	})
	set := make(map[orders.Platform]bool, len(channels))
	for p := range channels {
		set[p] = true
	}
	s.dispatcher = notify.NewDispatcher(notify.DispatcherOptions{
		Outbox: s.store, Store: store, Catalog: s.books.catalog, Signer: signer, Platforms: set, PageURL: s.clerk.PageURL, Tracker: s.tracker,
		Metrics: metrics, Now: s.clock, Logger: s.logger.With("part", "dispatcher"), Sent: s.sender.Wake,
	})
	deadlines := &notify.Deadlines{
		Outbox: s.store, Store: store, Desk: desk, Metrics: metrics, Logger: s.logger.With("part", "clock"), Wake: s.dispatcher.Wake,
	}
	scheduler := notify.NewScheduler(notify.SchedulerOptions{
		Jobs: []notify.Job{deadlines.Job(2 * time.Second)}, Slots: s.store, Location: location, Now: s.clock, Logger: s.logger.With("part", "clock"),
	})
	s.parts = append(s.parts, part{"sender", s.sender.Run}, part{"dispatcher", s.dispatcher.Run}, part{"clock", scheduler.Run})
}
