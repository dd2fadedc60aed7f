package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"orderbot/bot/simulator"
	"orderbot/bot/web"
	"orderbot/config"
	"orderbot/notify"
	"orderbot/notify/kuaidi100"
	"orderbot/orders"
	"orderbot/orders/logistics"
	"orderbot/storage"
)

type demoCmd struct {
	Listen string `help:"Loopback address of the page." default:"127.0.0.1:8099"`
	Data   string `help:"Folder that keeps the orders." default:"data/demo"`
}

// Run plays until it is told to stop.
func (c *demoCmd) Run(ctx context.Context, p *program) error {
	d, err := openDemo(ctx, c.Listen, c.Data, p)
	if err != nil {
		return err
	}
	if err := d.start(ctx); err != nil {
		return errors.Join(err, d.close())
	}
	_, _ = fmt.Fprintf(p.stdout, "Demo: %s\n", d.address())
	return errors.Join(d.wait(ctx), d.close())
}

// demoSample is the firm that the demo plays: an invented distributor of medical supplies.
//
//go:embed sample
var demoSample embed.FS

// demo is everything on one machine: the simulated platforms, the server, the page. The server
// knows nothing of it: its settings name other addresses, that is all.
type demo struct {
	sim      *simulator.Simulator
	settings *config.Config
	server   *server
	page     *http.Server
	listener net.Listener
	clock    *demoClock
	logger   *slog.Logger
	life     context.Context // of server and page
	end      context.CancelFunc
	work     sync.WaitGroup
	failed   chan error
}

// The customer who is bound from the start, and one who is nobody yet.
const (
	demoCustomer         = "C001"
	demoFollower         = "oDemoHeWenjing00000000000001"
	demoExternal         = "wmDemoHeWenjing0000000000001"
	demoStranger         = "oDemoStranger000000000000002"
	demoStrangerExternal = "wmDemoStranger00000000000002"
)

// openDemo starts the platforms and the page's listener and prepares the database; [demo.start]
// and [demo.close] must follow.
func openDemo(ctx context.Context, listen, folder string, p *program) (_ *demo, err error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--listen %s: the demo has no login, so it only listens on this machine (127.0.0.1)", listen)
	}
	d := &demo{failed: make(chan error, 2), logger: slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	d.life, d.end = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", listen); err != nil {
		return nil, fmt.Errorf("%w (is another demo running? choose another address with --listen)", err)
	}
	if err = os.MkdirAll(folder, 0o750); err != nil {
		return nil, err
	}
	if d.clock, err = openDemoClock(filepath.Join(folder, "clock")); err != nil {
		return nil, err
	}
	// The database outlives the simulated platforms: their numbers must not begin again.
	d.sim = simulator.New(simulator.Options{Now: d.clock.Now, Logger: d.logger, Serial: uint64(time.Now().UnixMilli())})
	if err = d.sim.Start(); err != nil {
		return nil, err
	}
	address, err := freeLoopback(ctx)
	if err != nil {
		return nil, err
	}
	d.sim.SetCallbacks("http://" + address)
	// Only the OCR files are taken from the environment: the demo must not meet real platforms.
	env := slices.DeleteFunc(slices.Clone(p.env), func(v string) bool {
		return strings.HasPrefix(v, "ORDERBOT_") && !strings.HasPrefix(v, "ORDERBOT_OCR")
	})
	env = append(env, simulatedSettings(d.sim)...)
	env = append(env, "ORDERBOT_SERVER__LISTEN="+address, "ORDERBOT_SERVER__PUBLIC_URL=http://"+address,
		"ORDERBOT_DATABASE__URL=sqlite:"+filepath.Join(folder, "orderbot.db"))
	if d.settings, err = config.Load(os.DevNull, env); err != nil {
		return nil, err
	}
	return d, d.fill(ctx)
}

// simulatedSettings are the settings, as environment, of a server whose platforms are simulated.
func simulatedSettings(sim *simulator.Simulator) []string {
	c := sim.Credentials()
	return []string{
		"ORDERBOT_WECOM__API_URL=" + sim.WeComURL(),
		"ORDERBOT_WECOM__CORP_ID=" + c.WeCom.CorpID,
		fmt.Sprintf("ORDERBOT_WECOM__AGENT_ID=%d", c.WeCom.AgentID),
		"ORDERBOT_WECOM__SECRET=" + c.WeCom.Secret,
		"ORDERBOT_WECOM__TOKEN=" + c.WeCom.Token,
		"ORDERBOT_WECOM__AES_KEY=" + c.WeCom.AESKey,
		"ORDERBOT_WECOM__KF__SECRET=" + c.WeCom.KF.Secret,
		"ORDERBOT_WECOM__KF__TOKEN=" + c.WeCom.KF.Token,
		"ORDERBOT_WECOM__KF__AES_KEY=" + c.WeCom.KF.AESKey,
		"ORDERBOT_SERVICE_ACCOUNT__API_URL=" + sim.ServiceAccountURL(),
		"ORDERBOT_SERVICE_ACCOUNT__APP_ID=" + c.ServiceAccount.AppID,
		"ORDERBOT_SERVICE_ACCOUNT__SECRET=" + c.ServiceAccount.Secret,
		"ORDERBOT_SERVICE_ACCOUNT__TOKEN=" + c.ServiceAccount.Token,
		"ORDERBOT_SERVICE_ACCOUNT__AES_KEY=" + c.ServiceAccount.AESKey,
		"ORDERBOT_DINGTALK__API_URL=" + sim.DingTalkURL(),
		"ORDERBOT_DINGTALK__LEGACY_API_URL=" + sim.DingTalkLegacyURL(),
		"ORDERBOT_DINGTALK__CLIENT_ID=" + c.DingTalk.ClientID,
		"ORDERBOT_DINGTALK__CLIENT_SECRET=" + c.DingTalk.ClientSecret,
		"ORDERBOT_DINGTALK__ROBOT_CODE=" + c.DingTalk.RobotCode,
		"ORDERBOT_LOGISTICS__KUAIDI100__API_URL=" + sim.Kuaidi100URL(),
		"ORDERBOT_LOGISTICS__KUAIDI100__DETECT_URL=" + sim.Kuaidi100DetectURL(),
		"ORDERBOT_LOGISTICS__KUAIDI100__CUSTOMER=" + c.Kuaidi100.Customer,
		"ORDERBOT_LOGISTICS__KUAIDI100__KEY=" + c.Kuaidi100.Key,
		"ORDERBOT_LOGISTICS__KUAIDI100__SALT=" + c.Kuaidi100.Salt,
	}
}

// freeLoopback returns an address of this machine that nobody listens on.
func freeLoopback(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// fill brings the database up to date and imports the sample firm into an empty one.
func (d *demo) fill(ctx context.Context) (err error) {
	store, err := storage.Open(ctx, d.settings.Database.URL.Reveal(), storage.Options{Now: d.clock.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	there, err := store.Catalog(ctx)
	if err != nil || len(there.Products()) > 0 {
		return err
	}
	for _, kind := range []string{"staff", "products", "customers", "customer-items", "prices", "stock", "history"} {
		data, err := demoSample.ReadFile("sample/" + strings.ReplaceAll(kind, "-", "_") + ".csv")
		if err != nil {
			return err
		}
		report, err := store.Import(ctx, kind, data, false)
		if err != nil {
			return fmt.Errorf("sample %s: %w", kind, err)
		}
		for _, refused := range report.Refused {
			err = errors.Join(err, refused)
		}
		if err != nil {
			return fmt.Errorf("sample %s: %w", kind, err)
		}
	}
	return nil
}

// start runs server and page, and makes the people known to the platforms.
func (d *demo) start(ctx context.Context) error {
	var err error
	if d.server, err = newServer(ctx, d.settings, serverOptions{Logger: d.logger, Now: d.clock.Now}); err != nil {
		return err
	}
	catalog := d.server.books.catalog()
	for _, s := range catalog.Staff {
		if s.WeCom != "" {
			d.sim.WeCom.AddMember(s.WeCom, s.Name)
		}
		if s.DingTalk != "" {
			d.sim.DingTalk.AddPerson(s.DingTalk, s.Name, s.Phone)
		}
	}
	for _, c := range [][3]string{{demoFollower, demoExternal, "何文静"}, {demoStranger, demoStrangerExternal, "路先生"}} {
		d.sim.ServiceAccount.AddFollower(c[0], c[2], "")
		d.sim.KF.AddCustomer(c[1], c[2], "")
	}
	d.work.Go(func() {
		if err := d.server.run(d.life); err != nil {
			d.failed <- err
		}
	})
	waiting, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	if err := d.sim.DingTalk.WaitConnections(waiting, 1); err != nil {
		return fmt.Errorf("the server did not connect to the simulated DingTalk: %w", err)
	}
	if err := d.subscribeAgain(ctx); err != nil {
		return err
	}
	d.work.Go(func() { //nolint:contextcheck // ctx is of the start, this goes on while the demo lives
		ctx, stop := context.WithTimeout(d.life, time.Minute)
		defer stop()
		if err := d.bind(ctx); err != nil && d.life.Err() == nil {
			d.logger.Error("bind the sample customer", "error", err)
		}
	})
	d.page = &http.Server{
		Handler: d.pageOf(catalog).Handler(), ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return d.life },
	}
	d.work.Go(func() {
		if err := d.page.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
			d.failed <- err
		}
	})
	return nil
}

// address is where the page is.
func (d *demo) address() string { return "http://" + d.listener.Addr().String() + "/" }

// wait returns when ctx ends or something fails.
func (d *demo) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.failed:
		return err
	}
}

// close stops what was started: page, server, platforms.
func (d *demo) close() error {
	d.end()
	var err error
	if d.page != nil {
		err = d.page.Close()
	}
	d.work.Wait()
	if d.sim != nil {
		d.sim.Close()
	}
	if d.listener != nil {
		_ = d.listener.Close() // closed already where the page was served
	}
	return err
}

// subscribeAgain tells the simulated Kuaidi100, which remembers nothing, which parcels of an earlier
// run are followed.
func (d *demo) subscribeAgain(ctx context.Context) error {
	open, err := d.server.store.OpenOrders(ctx, "", 1000, orders.StatusShipped, orders.StatusPickedUp, orders.StatusInTransit, orders.StatusOutForDelivery)
	if err != nil {
		return err
	}
	k := d.settings.Logistics.Kuaidi100
	client := kuaidi100.New(kuaidi100.Options{
		APIURL: k.APIURL, DetectURL: k.DetectURL, Customer: k.Customer, Key: k.Key.Reveal(), Salt: k.Salt.Reveal(), HTTP: &http.Client{Timeout: callTimeout},
	})
	for _, o := range open {
		for _, s := range o.Shipments {
			if s.Carrier == logistics.Self || !s.Subscribed || s.State == orders.ParcelDelivered {
				continue
			}
			parcel := notify.Parcel{Carrier: s.Carrier, Number: s.Tracking, Phone: o.Phone}
			if err := client.Subscribe(ctx, parcel, d.settings.Server.PublicURL+"/callback/kuaidi100/"+s.Token); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	bindingCode = regexp.MustCompile(`绑定码：(\d{6})`)
	bindingDone = regexp.MustCompile(`绑定成功`)
)

// bind makes the customer known the way it is done: the administrator asks for a code in WeCom, the
// customer sends it, to the service account and to 微信客服.
func (d *demo) bind(ctx context.Context) error {
	var admin string
	for _, s := range d.server.books.catalog().StaffWith(orders.RoleAdmin) {
		admin = s.WeCom
	}
	chats := []struct {
		platform orders.Platform
		person   string
		screen   func(person string) []simulator.Bubble
		send     func(ctx context.Context, person, text string, opts ...simulator.SendOption) simulator.Delivery
	}{
		{orders.ServiceAccount, demoFollower, d.sim.ServiceAccount.Screen, d.sim.ServiceAccount.SendText},
		{orders.KF, demoExternal, d.sim.KF.Screen, d.sim.KF.SendText},
	}
	for _, c := range chats {
		var found []orders.Binding
		err := d.server.store.Do(ctx, func(tx *storage.Tx) (err error) {
			found, err = tx.BindingOf(c.platform, c.person)
			return err
		})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			continue
		}
		seen := len(d.sim.WeCom.Screen(admin))
		d.sim.WeCom.SendText(ctx, admin, "绑定码 "+demoCustomer)
		code, err := d.see(ctx, func() []simulator.Bubble { return d.sim.WeCom.Screen(admin)[seen:] }, bindingCode)
		if err != nil {
			return err
		}
		c.send(ctx, c.person, "绑定 "+code)
		if _, err := d.see(ctx, func() []simulator.Bubble { return c.screen(c.person) }, bindingDone); err != nil {
			return err
		}
	}
	return nil
}

// see waits until the bot says something that fits, and returns the last group of the pattern.
func (d *demo) see(ctx context.Context, screen func() []simulator.Bubble, pattern *regexp.Regexp) (string, error) {
	happened, stop := d.sim.Watch()
	defer stop()
	for {
		for _, b := range screen() {
			if m := pattern.FindStringSubmatch(b.Text); b.From == simulator.FromBot && m != nil {
				return m[len(m)-1], nil
			}
		}
		select {
		case <-happened:
		case <-ctx.Done():
			return "", fmt.Errorf("no answer fits %q: %w", pattern, ctx.Err())
		}
	}
}

// pageOf makes the page for the people of the catalogue.
func (d *demo) pageOf(catalog *orders.Catalog) *web.Demo {
	samples, err := fs.Sub(demoSample, "sample")
	if err != nil {
		panic(err) // a fixed name
	}
	store := d.server.store
	statuses := slices.Collect(maps.Keys(orders.StatusNames))
	return &web.Demo{
		Simulator: d.sim, Clock: d.clock, Phones: demoPhones(catalog.Staff), Samples: samples, Location: location, Logger: d.logger,
		Orders: func(ctx context.Context) ([]*orders.Order, error) {
			return store.OpenOrders(ctx, "", 5000, statuses...)
		},
		Order: store.FindOrder,
		Stock: func(ctx context.Context, codes []orders.ProductCode) (map[orders.ProductCode]web.DemoStock, error) {
			out := make(map[orders.ProductCode]web.DemoStock, len(codes))
			for _, code := range codes {
				rows, err := store.StockOf(ctx, code)
				if err != nil {
					return nil, err
				}
				var sum web.DemoStock
				for _, r := range rows {
					sum.OnHand = sum.OnHand.Add(r.OnHand)
					sum.Held = sum.Held.Add(r.Reserved).Add(r.Allocated)
				}
				sum.Free = sum.OnHand.Sub(sum.Held)
				out[code] = sum
			}
			return out, nil
		},
		StaffName: func(code orders.StaffCode) string {
			if s := d.server.books.catalog().StaffByCode(code); s != nil {
				return s.Name
			}
			return string(code)
		},
		Approvers: func(o *orders.Order) []string {
			var names []string
			for _, n := range o.OpenNodes() {
				for _, a := range d.server.books.catalog().Approvers(o, n, d.clock.Now()) {
					names = append(names, a.Name)
				}
			}
			return names
		},
	}
}

// demoPhones hands the phones to the people: sales and everybody else of the office in WeCom, the
// approvers in DingTalk, the warehouse in WeCom, the customers in WeChat.
func demoPhones(staff []orders.Staff) []web.DemoPhone {
	sales := web.DemoPhone{ID: "sales", Role: "业务员", App: "wecom", Brand: "企业微信", Samples: []web.DemoSample{
		{Label: "普通订单", Text: "市一院要医用外科口罩20箱，丁腈手套M码8箱，后天上午送到后勤楼，澜州的"},
		{Label: "加急", Text: "急！澜州急救中心要N95折叠的5箱，免洗手消2箱，今天下午务必送到"},
		{Label: "有歧义", Text: "市一院 N95口罩5箱"},
		{Label: "聊天截图", File: "wechat-01.png"},
		{Label: "表格截图", File: "sheet-01.png"},
		{Label: "不是订单", Text: "周末爬山去不去"},
		{Label: "查库存", Text: "库存 外科口罩"},
		{Label: "待办", Text: "待办"},
		{Label: "绑定码", Text: "绑定码 C001"},
	}}
	manager := web.DemoPhone{ID: "manager", Role: "经理", App: "dingtalk", Brand: "钉钉", Samples: []web.DemoSample{
		{Label: "待办", Text: "待办"},
		{Label: "请假", Text: "请假 今天到后天 由高洁代"},
		{Label: "销假", Text: "销假"},
		{Label: "发 Excel 订单", File: "weekly.xlsx"},
		{Label: "帮助", Text: "帮助"},
	}}
	warehouse := web.DemoPhone{ID: "warehouse", Role: "仓库", App: "wecom", Brand: "企业微信", Samples: []web.DemoSample{
		{Label: "待办", Text: "待办"}, {Label: "收到", Text: "收到"}, {Label: "查库存", Text: "库存 丁腈手套"}, {Label: "帮助", Text: "帮助"},
	}}
	customer := web.DemoPhone{ID: "customer", Role: "客户", App: "wechat", Brand: "微信", Samples: []web.DemoSample{
		{Label: "我的订单到哪了", Text: "我的订单到哪了"},
		{Label: "下单", Text: "外科口罩10箱，碘伏500的20瓶，周五前到", Only: web.DemoKF},
		{Label: "发清单文件", File: "list.csv", Only: web.DemoKF},
		{Label: "问价", Text: "留置针24G的多少钱，有货吗"},
	}}
	for _, s := range staff {
		var roles []string
		for _, r := range s.Roles {
			roles = append(roles, r.String())
		}
		person := web.DemoPerson{Name: s.Name, Role: strings.Join(roles, "、")}
		if s.WeCom != "" {
			person.Chats = []web.DemoChat{{Platform: web.DemoWeCom, Account: s.WeCom, Title: "订单助手", Note: "应用"}}
			if s.Has(orders.RoleWarehouse, orders.RoleWarehouseLead) {
				warehouse.People = append(warehouse.People, person)
			} else {
				sales.People = append(sales.People, person)
			}
		}
		if s.DingTalk != "" {
			person.Chats = []web.DemoChat{{Platform: web.DemoDingTalk, Account: s.DingTalk, Title: "订单助手", Note: "机器人"}}
			manager.People = append(manager.People, person)
		}
	}
	for _, c := range [][4]string{{"何文静", "澜州市第一人民医院", demoFollower, demoExternal}, {"路先生", "还没有绑定", demoStranger, demoStrangerExternal}} {
		customer.People = append(customer.People, web.DemoPerson{Name: c[0], Role: c[1], Chats: []web.DemoChat{
			{Platform: web.DemoServiceAccount, Account: c[2], Title: "澜禾医疗", Note: "服务号"},
			{Platform: web.DemoKF, Account: c[3], Title: "澜禾医疗客服", Note: "微信客服"},
		}})
	}
	return []web.DemoPhone{sales, manager, warehouse, customer}
}

// demoClock is ahead of the machine's clock by what the player chose. It keeps that in a file, so
// that time never runs backwards for the orders of an earlier run.
type demoClock struct {
	file  string
	shift atomic.Int64
}

func openDemoClock(file string) (*demoClock, error) {
	c := &demoClock{file: file}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	shift, err := time.ParseDuration(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c.shift.Store(int64(shift))
	return c, nil
}

// Now implements [web.DemoClock].
func (c *demoClock) Now() time.Time { return time.Now().Add(c.Shift()) }

// Shift implements [web.DemoClock].
func (c *demoClock) Shift() time.Duration { return time.Duration(c.shift.Load()) }

// SetShift implements [web.DemoClock].
func (c *demoClock) SetShift(d time.Duration) error {
	c.shift.Store(int64(d))
	return os.WriteFile(c.file, []byte(d.String()+"\n"), 0o600)
}
