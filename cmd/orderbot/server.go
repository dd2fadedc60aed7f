package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	fiberrecover "github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"orderbot/bot"
	"orderbot/bot/web"
	"orderbot/cards"
	"orderbot/config"
	"orderbot/notify"
	"orderbot/orders"
	"orderbot/orders/intake/llm"
	"orderbot/orders/intake/worker"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// server is one replica of orderbot: everything that runs between the database and the chat
// platforms.
type server struct {
	config     *config.Config
	store      *storage.Store
	books      *books
	rules      *ruleBook
	clerk      *bot.Clerk
	sender     *notify.Sender
	dispatcher *notify.Dispatcher
	tracker    *notify.Tracker // nil where no parcel can be followed
	app        *fiber.App
	listener   net.Listener
	files      *worker.Pool // nil where others open files
	logger     *slog.Logger
	now        func() time.Time
	hold       time.Duration // of claims, where set otherwise than usual
	// parts run until their context ends; the name is for the log.
	parts  []part
	checks []platformCheck
}

// part is something that runs beside the others.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// platformCheck tells how a platform is; it never decides whether the server is ready.
type platformCheck struct {
	name  string
	check func(ctx context.Context) error
}

// serverOptions are what tests and the demo set otherwise.
type serverOptions struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Files opens files; nil: workers with the OCR of the configuration.
	Files bot.Files
	// Hold is how long a claim on work of any kind lasts, 0: as usual. Shorter makes others take over sooner.
	Hold time.Duration
	// Migrate brings the schema up to date first.
	Migrate bool
}

// location is the zone of days, deadlines and what people read.
var location = time.FixedZone("Asia/Shanghai", 8*60*60)

// newServer opens the database and builds all parts; [server.run] starts them.
func newServer(ctx context.Context, c *config.Config, o serverOptions) (s *server, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s = &server{config: c, logger: o.Logger, now: o.Now, hold: o.Hold}
	s.store, err = storage.Open(ctx, c.Database.URL.Reveal(), storage.Options{TurnPause: c.Times.TurnPause, Now: o.Now, UseSafety: c.Stock.SafetyStock == "use", Delivery: deliveryTerms(c.Delivery)})
	if err != nil {
		return nil, err
	}
	opened := s
	defer func() {
		if err != nil {
			s, err = nil, errors.Join(err, opened.close())
		}
	}()
	if o.Migrate {
		err = s.store.Migrate(ctx)
	} else {
		err = s.store.CheckSchema(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, section := range unused(c) {
		s.logger.Warn("this version does not use a section of the settings", "section", section)
	}
	if s.books, err = openBooks(ctx, s.store, s.logger); err != nil {
		return nil, err
	}
	if year := s.books.catalog().Calendar.Lacks(s.clock(), s.clock().AddDate(0, 0, promisedAhead)); year != 0 {
		s.logger.Warn("the calendar lacks a year's public holidays, expected days and limits are counted without them: orderbot import calendar", "year", year)
	}
	key, err := s.store.Secret(ctx, "actions")
	if err != nil {
		return nil, err
	}
	if s.rules, err = openRules(ctx, s.store, c.Rules, s.clock(), s.logger); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics := notify.NewMetrics(registry)
	signer := cards.NewSigner(key)
	cost, err := rules.Cost(c.Returns.ErrorCost)
	if err != nil {
		return nil, fmt.Errorf("returns.error_cost: %w", err)
	}
	desk := &orders.Desk{
		Catalog: s.books.catalog, Rules: func() orders.Rules { return s.rules.get() }, Now: s.clock, Follow: c.Logistics.Kuaidi100 != nil,
		Times: orders.Times{
			DraftExpires: c.Times.DraftExpires, ReservationExpires: c.Times.ReservationExpires, ApprovalLimit: c.Times.ApprovalLimit,
			UrgentRepeat: c.Times.UrgentRepeat, Polling: c.Times.Polling,
			UrgentWithin: c.Times.UrgentWithin, ShipWithin: c.Times.ShipWithin, ExceptionLimit: c.Times.ExceptionLimit, ParcelSilence: c.Times.ParcelSilence,
		},
		Returns:        orders.ReturnTerms{FinanceFrom: orders.Money(c.Returns.FinanceFrom) * 100, Limit: c.Returns.Limit, Cost: cost},
		Surgery:        orders.SurgeryTerms{Lead: c.Surgery.Lead, Margin: c.Surgery.Margin, Ahead: c.Surgery.Ahead},
		RequirePayment: c.Staged.RequirePayment,
	}
	if o.Files == nil {
		s.files = newFiles(c.OCR, s.logger.With("part", "files"))
		o.Files = s.files
		if err := modelsOf(c.OCR).Check(); err != nil {
			s.logger.Warn("pictures can't be read", "error", err)
		}
	}

	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true, BodyLimit: 2 << 20, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: 75 * time.Second,
		ErrorHandler: s.failed,
	})
	s.app.Use(fiberrecover.New())

	s.clerk = &bot.Clerk{
		Store: botStore{s.store}, Query: s.store, Turns: s.store, Desk: desk, Books: s.books.get, Follow: s.books.follow, Media: map[orders.Platform]bot.Media{},
		Files: o.Files, Imports: s.store, Signer: signer, NewToken: newToken, NewCode: newCode,
		Now: s.clock, Location: location, Logger: s.logger.With("part", "clerk"), Sent: s.wake,
		BindingCode: c.Times.BindingCode, ThreadExpires: c.Times.DraftExpires, DuplicateWindow: c.Times.DuplicateWindow,
		Hold: cmp.Or(o.Hold, 30*time.Second), Poll: 250 * time.Millisecond, Workers: 64,
	}
	if c.LLM != nil {
		s.clerk.Second = secondReader(c.LLM)
		places := prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "orderbot", Name: "second_reader_places_total",
			Help: "Places of messages that were put to the second reader, by what became of what it said.",
		}, []string{"result"})
		registry.MustRegister(places)
		s.clerk.SecondSaid = func(result string, n int) { places.WithLabelValues(result).Add(float64(n)) }
	}
	if c.Server.PublicURL != "" {
		s.clerk.PageURL = s.pageURL
		s.clerk.ReportURL = s.reportURL
	}
	channels := map[orders.Platform]notify.Channel{}
	if err := s.connect(channels); err != nil {
		return nil, err
	}
	s.buildNotify(desk, signer, metrics, channels)
	s.routes(registry)
	s.parts = append(s.parts, part{"clerk", s.clerk.Run}, part{"books", s.books.run}, part{"rules", s.rules.run})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Server.Listen)
	if err != nil {
		return nil, err
	}
	s.listener = lingering{listener}
	return s, nil
}

// promisedAhead is how many days ahead of now a year's public holidays should be known: expected days reach into it.
const promisedAhead = 60

// deliveryTerms are the figures of the expected day of delivery.
func deliveryTerms(c config.Delivery) orders.DeliveryTerms {
	hour := func(s string) time.Duration {
		t, _ := time.Parse("15:04", s) // checked
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	out := orders.DeliveryTerms{CutOff: hour(c.CutOff), CutOffs: make(map[string]time.Duration), Daily: c.LineOrders, Lines: make(map[string]int)}
	for _, w := range c.CutOffs {
		out.CutOffs[w.Warehouse] = hour(w.At)
	}
	for _, l := range c.Lines {
		out.Lines[l.Name] = l.Orders
	}
	for _, w := range c.Weather {
		out.Weather = append(out.Weather, orders.Weather{Region: w.Region, Days: w.Days, From: w.From, Until: w.Until, Why: w.Why})
	}
	return out
}

// unused names the sections that are set and that this version does nothing with, so that nobody
// relies on them in silence.
func unused(c *config.Config) []string {
	var names []string
	for name, set := range map[string]bool{
		"events.url": c.Events.URL.Reveal() != "database", "wecom.ai_bot": c.WeCom != nil && c.WeCom.AIBot != nil,
		"logistics.sf": c.Logistics.SF != nil, "sms": c.SMS.Aliyun != nil || c.SMS.Tencent != nil,
		"robots": len(c.Robots) > 0, "smtp": c.SMTP != nil,
	} {
		if set {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// secondReader is what is asked where the reader is unsure.
func secondReader(c *config.LLM) *llm.Reader {
	return llm.New(llm.Options{APIURL: c.APIURL, APIKey: c.APIKey.Reveal(), Model: c.Model, Now: time.Now})
}

// clock is the server's time in the zone of the firm.
func (s *server) clock() time.Time { return s.now().In(location) }

// wake makes the outbound side look at what was just committed.
func (s *server) wake() {
	s.dispatcher.Wake()
	s.sender.Wake()
}

// pageURL is the address of an order's page.
func (s *server) pageURL(token string) string {
	return strings.TrimRight(s.config.Server.PublicURL, "/") + "/o/" + token
}

// reportURL is the address of a report's file.
func (s *server) reportURL(token string) string {
	return strings.TrimRight(s.config.Server.PublicURL, "/") + "/r/" + token
}

// routes adds the pages and the addresses for operators.
func (s *server) routes(registry *prometheus.Registry) {
	orderPage := web.OrderPage{Orders: s.store, Calendar: func() *orders.Calendar { return s.books.catalog().Calendar }, Location: location, Logger: s.logger.With("part", "web")}
	orderPage.Register(s.app)
	reportPage := web.ReportPage{Reports: s.store, Logger: s.logger.With("part", "web")}
	reportPage.Register(s.app)
	s.openAPI()
	s.app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok") })
	s.app.Get("/readyz", s.ready)
	s.app.Get("/metrics", adaptor.HTTPHandler(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
}

// ready answers 200 while the database works. The platforms' states stand in the body and decide
// nothing: the server keeps for them what they can't take.
func (s *server) ready(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), 2*time.Second)
	defer cancel()
	body := fiber.Map{"database": "ok"}
	status := http.StatusOK
	if err := s.store.Ping(ctx); err != nil {
		body["database"], status = "away", http.StatusServiceUnavailable
	}
	platforms := fiber.Map{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, p := range s.checks {
		all.Go(func() {
			state := "ok"
			if err := p.check(ctx); err != nil {
				state = "unreachable"
			}
			mu.Lock()
			defer mu.Unlock()
			platforms[p.name] = state
		})
	}
	all.Wait()
	body["platforms"] = platforms
	return c.Status(status).JSON(body)
}

// failed answers what no handler could: without detail.
func (s *server) failed(c *fiber.Ctx, err error) error {
	status := http.StatusInternalServerError
	if known, ok := errors.AsType[*fiber.Error](err); ok {
		status = known.Code
		if status == http.StatusRequestEntityTooLarge {
			lingerAfter(c)
		}
	} else {
		s.logger.Error("request failed", "route", c.Route().Path, "error", err) // not the path: it may hold a token
	}
	return c.Status(status).Send(nil)
}

// address is where the server listens: http://127.0.0.1:8080.
func (s *server) address() string { return "http://" + s.listener.Addr().String() }

// run serves until ctx ends, then stops in order: requests, workers, database.
func (s *server) run(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var all sync.WaitGroup
	failures := make(chan error, len(s.parts)+1)
	for _, p := range s.parts {
		all.Go(func() {
			if err := p.run(working); err != nil && working.Err() == nil {
				failures <- fmt.Errorf("%s: %w", p.name, err)
			}
		})
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := s.app.Listener(s.listener); err != nil {
			failures <- fmt.Errorf("listen: %w", err)
		}
	}()
	s.logger.Info("serving", "address", s.address())
	var err error
	select {
	case <-ctx.Done():
	case err = <-failures:
	}
	switch stopErr := s.app.ShutdownWithTimeout(5 * time.Second); {
	case errors.Is(stopErr, context.DeadlineExceeded):
		s.logger.Warn("stopped with connections open") // of peers that never sent a whole request
	case stopErr != nil:
		err = errors.Join(err, stopErr)
	}
	// A stop before the first accept finds nothing to shut down: the listener has to be closed.
	_ = s.listener.Close()
	<-served
	stop()
	all.Wait()
	return errors.Join(err, s.close())
}

func (s *server) close() error {
	if s.files != nil {
		s.files.Close()
	}
	var err error
	if s.listener != nil {
		_ = s.listener.Close() // closed already where the server ran
	}
	if s.store != nil {
		err = s.store.Close()
	}
	return err
}

// newToken makes what nobody can guess.
func newToken() string {
	b := make([]byte, 18)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// newCode makes a binding code.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil { // never: the source does not fail
		panic(err)
	}
	return fmt.Sprintf("%06d", n)
}
