package web

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

//go:embed static
var static embed.FS

var demoTemplate = template.Must(template.ParseFS(templates, "templates/demo.html"))

// Limits of what the demo's page may send, in bytes.
const (
	demoUpload = 20 << 20
	demoBody   = 64 << 10
)

// Demo is the page on which one person plays everybody: phones that show what the simulated
// platforms show, the orders, the stock, and every call. It has no way of its own into the server:
// what is done on a phone goes in as the platform delivers it.
type Demo struct {
	Simulator *simulator.Simulator
	Clock     DemoClock
	Phones    []DemoPhone
	// Orders returns all orders, oldest first.
	Orders func(ctx context.Context) ([]*orders.Order, error)
	// Order returns one order: CodeNotFound where there is none.
	Order func(ctx context.Context, id orders.OrderID) (*orders.Order, error)
	// Stock returns what there is of products.
	Stock func(ctx context.Context, codes []orders.ProductCode) (map[orders.ProductCode]DemoStock, error)
	// StaffName returns the name behind a staff code.
	StaffName func(code orders.StaffCode) string
	// Approvers returns the names of all who may decide the order now, deputies and superiors among them.
	Approvers func(o *orders.Order) []string
	// Samples are the files that the sample messages name.
	Samples  fs.FS
	Location *time.Location
	Logger   *slog.Logger
}

// DemoClock is the clock that the server and the platforms share.
type DemoClock interface {
	Now() time.Time
	// Shift is how far it is ahead of the machine's clock.
	Shift() time.Duration
	SetShift(d time.Duration) error
}

// DemoStock is what there is of a product, in base units over all warehouses.
type DemoStock struct{ OnHand, Held, Free orders.Quantity }

// DemoPhone is one phone on the page, with the people who may hold it.
type DemoPhone struct {
	ID     string       `json:"id"`     // sales, manager, warehouse, customer
	Role   string       `json:"role"`   // 业务员
	App    string       `json:"app"`    // the look: wecom, dingtalk, wechat
	Brand  string       `json:"brand"`  // 企业微信
	People []DemoPerson `json:"people"` // the first holds it at the start
	// Samples are messages to insert.
	Samples []DemoSample `json:"samples"`
}

// DemoPerson is somebody on a phone, with a chat or several.
type DemoPerson struct {
	Name  string     `json:"name"`
	Role  string     `json:"role"`
	Chats []DemoChat `json:"chats"`
}

// Initial is what stands in the person's picture.
func (p DemoPerson) Initial() string { return initial(p.Name) }

// Initial is what stands in the phone's tab.
func (p DemoPhone) Initial() string { return initial(p.Role) }

func initial(name string) string {
	for _, r := range name {
		return string(r)
	}
	return ""
}

// DemoChat is a chat with the bot: somebody's account on one platform.
type DemoChat struct {
	Platform DemoPlatform `json:"platform"`
	Account  string       `json:"account"`
	Title    string       `json:"title"` // what the app shows on top
	Note     string       `json:"note"`  // 应用, 机器人 …
}

// DemoSample is a message that one click puts into the input: a text, or a file of [Demo].Samples.
type DemoSample struct {
	Label string `json:"label"`
	Text  string `json:"text,omitempty"`
	File  string `json:"file,omitempty"`
	// Only limits the sample to chats on this platform.
	Only DemoPlatform `json:"only,omitempty"`
}

// DemoPlatform names where a chat is.
type DemoPlatform string

// The platforms of chats.
const (
	DemoWeCom          DemoPlatform = "wecom"
	DemoDingTalk       DemoPlatform = "dingtalk"
	DemoKF             DemoPlatform = "kf"
	DemoServiceAccount DemoPlatform = "service_account"
)

// key names the chat in what goes to and fro.
func (c DemoChat) key() string { return string(c.Platform) + "/" + c.Account }

// screen returns what the chat shows.
func (d *Demo) screen(c DemoChat) []simulator.Bubble {
	switch c.Platform {
	case DemoWeCom:
		return d.Simulator.WeCom.Screen(c.Account)
	case DemoDingTalk:
		return d.Simulator.DingTalk.Screen(c.Account)
	case DemoKF:
		return d.Simulator.KF.Screen(c.Account)
	default:
		return d.Simulator.ServiceAccount.Screen(c.Account)
	}
}

// chats returns every chat of every phone.
func (d *Demo) chats() []DemoChat {
	var all []DemoChat
	for _, p := range d.Phones {
		for _, h := range p.People {
			all = append(all, h.Chats...)
		}
	}
	return all
}

func (d *Demo) chat(key string) (DemoChat, bool) {
	for _, c := range d.chats() {
		if c.key() == key {
			return c, true
		}
	}
	return DemoChat{}, false
}

// Handler returns the page and what it calls. It answers only to names of this machine, so that no
// foreign site can reach it by a name of its own, and takes posts only from its own page.
func (d *Demo) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", d.page)
	mux.Handle("GET /static/", http.FileServerFS(static))
	mux.HandleFunc("GET /events", d.events)
	mux.HandleFunc("GET /calls/{seq}", d.call)
	mux.HandleFunc("GET /media/{id...}", d.media)
	mux.HandleFunc("GET /samples/{name}", d.sample)
	mux.HandleFunc("POST /text", d.doing(d.text))
	mux.HandleFunc("POST /press", d.doing(d.press))
	mux.HandleFunc("POST /clock", d.doing(d.clock))
	mux.HandleFunc("POST /track", d.doing(d.track))
	mux.HandleFunc("POST /upload", d.doing(d.upload))
	own := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "+
			"connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
		if !isLoopback(r.Host) {
			http.Error(w, "only this machine", http.StatusForbidden)
			return
		}
		own.ServeHTTP(w, r)
	})
}

// isLoopback tells whether host, with or without a port, can only mean this machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

func (d *Demo) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := demoTemplate.Execute(w, d); err != nil {
		d.Logger.Error("demo page", "error", err)
	}
}

// doing makes a handler of an act that returns what to tell the player; an error tells why it did
// not work.
func (d *Demo) doing(act func(r *http.Request) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit := int64(demoBody)
		if r.URL.Path == "/upload" {
			limit = demoUpload + demoBody // the form's own lines
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		status := http.StatusOK
		note, err := act(r)
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			status, note = http.StatusRequestEntityTooLarge, "文件超过 20 MB，平台不收"
		case err != nil:
			status, note = http.StatusBadRequest, err.Error()
			if text, is := orders.ErrorMessage(err); is {
				note = text
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"note": note}) // the reader may be gone
	}
}

func decode(r *http.Request, v any) error {
	if r.Header.Get("Content-Type") != "application/json" {
		return errors.New("want application/json")
	}
	return json.NewDecoder(r.Body).Decode(v)
}

var errNoChat = errors.New("没有这个聊天窗口")

// text lets a person write.
func (d *Demo) text(r *http.Request) (string, error) {
	var in struct{ Chat, Text string }
	if err := decode(r, &in); err != nil {
		return "", err
	}
	c, is := d.chat(in.Chat)
	if !is {
		return "", errNoChat
	}
	if strings.TrimSpace(in.Text) == "" {
		return "", errors.New("还没有写字")
	}
	ctx := r.Context()
	switch c.Platform {
	case DemoWeCom:
		return "", delivered(d.Simulator.WeCom.SendText(ctx, c.Account, in.Text))
	case DemoDingTalk:
		return "", pushed(d.Simulator.DingTalk.SendText(ctx, c.Account, in.Text))
	case DemoKF:
		return "", delivered(d.Simulator.KF.SendText(ctx, c.Account, in.Text))
	default:
		return "", delivered(d.Simulator.ServiceAccount.SendText(ctx, c.Account, in.Text))
	}
}

// press lets a person press a button of a card, an entry of a menu, or a button that writes for
// them.
func (d *Demo) press(r *http.Request) (string, error) {
	var in struct{ Chat, Card, Button, Link string }
	if err := decode(r, &in); err != nil {
		return "", err
	}
	c, is := d.chat(in.Chat)
	if !is {
		return "", errNoChat
	}
	ctx := r.Context()
	switch c.Platform {
	case DemoWeCom:
		return "", delivered(d.Simulator.WeCom.Click(ctx, c.Account, in.Card, in.Button))
	case DemoDingTalk:
		if in.Link != "" {
			return "", pushed(d.Simulator.DingTalk.FollowLink(ctx, c.Account, in.Link))
		}
		return "", pushed(d.Simulator.DingTalk.Click(ctx, c.Account, in.Card, in.Button))
	case DemoKF:
		return "", delivered(d.Simulator.KF.Click(ctx, c.Account, in.Button))
	default:
		return "", delivered(d.Simulator.ServiceAccount.Click(ctx, c.Account, in.Button))
	}
}

// upload lets a person send a picture or a file, where the platform takes it.
func (d *Demo) upload(r *http.Request) (string, error) {
	c, is := d.chat(r.URL.Query().Get("chat"))
	if !is {
		return "", errNoChat
	}
	name, data, err := uploaded(r)
	if err != nil {
		return "", err
	}
	kind := http.DetectContentType(data)
	isPicture := kind == "image/jpeg" || kind == "image/png"
	ctx := r.Context()
	switch {
	case len(data) == 0 && isPictureName(name):
		return "", errors.New("这张图片是空的")
	case c.Platform == DemoWeCom && isPicture:
		return "", delivered(d.Simulator.WeCom.SendImage(ctx, c.Account, data))
	case c.Platform == DemoWeCom:
		return "", errors.New("企业微信的应用只收文字和 JPG、PNG 图片，文件请发给钉钉机器人")
	case c.Platform == DemoServiceAccount && isPicture:
		return "", delivered(d.Simulator.ServiceAccount.SendImage(ctx, c.Account, data))
	case c.Platform == DemoServiceAccount:
		return "", errors.New("服务号只收文字和 JPG、PNG 图片，文件请发到微信客服")
	case c.Platform == DemoKF && isPicture:
		return "", delivered(d.Simulator.KF.SendImage(ctx, c.Account, data))
	case c.Platform == DemoKF:
		return "", delivered(d.Simulator.KF.SendFile(ctx, c.Account, name, data))
	case isPicture:
		return "", pushed(d.Simulator.DingTalk.SendPicture(ctx, c.Account, data))
	default:
		return "", pushed(d.Simulator.DingTalk.SendFile(ctx, c.Account, name, data))
	}
}

func isPictureName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".png", ".jpg", ".jpeg":
		return true
	default:
		return false
	}
}

// uploaded reads the one file of a form.
func uploaded(r *http.Request) (name string, data []byte, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", nil, err
	}
	var part *multipart.Part
	if part, err = form.NextPart(); err != nil {
		return "", nil, err
	}
	if data, err = io.ReadAll(part); err != nil {
		return "", nil, err
	}
	if len(data) > demoUpload {
		return "", nil, &http.MaxBytesError{Limit: demoUpload}
	}
	if name = part.FileName(); name == "" {
		name = "文件"
	}
	return name, data, nil
}

// delivered tells what went wrong with a message to a callback.
func delivered(d simulator.Delivery) error {
	switch {
	case d.Err != nil:
		return told(d.Err)
	case !d.Accepted:
		return errors.New("平台没有等到服务器的回应")
	default:
		return nil
	}
}

// pushed tells what went wrong with a frame of DingTalk.
func pushed(p simulator.Push) error {
	switch {
	case p.Err != nil:
		return told(p.Err)
	case !p.OK():
		return errors.New("钉钉没有等到服务器的回应")
	default:
		return nil
	}
}

func told(err error) error {
	switch {
	case errors.Is(err, simulator.ErrNotOnScreen):
		return errors.New("这里现在点不了，消息已经变了")
	case errors.Is(err, simulator.ErrNobody):
		return errors.New("平台上没有这个人")
	default:
		return err
	}
}

// clock moves the shared clock on, or back to the machine's time.
func (d *Demo) clock(r *http.Request) (string, error) {
	var in struct{ Advance string }
	if err := decode(r, &in); err != nil {
		return "", err
	}
	if in.Advance == "now" {
		return "已回到现在的时间", d.Clock.SetShift(0)
	}
	step, err := time.ParseDuration(in.Advance)
	if err != nil || step <= 0 || step > 31*24*time.Hour {
		return "", fmt.Errorf("bad step %q", in.Advance)
	}
	return "", d.Clock.SetShift(d.Clock.Shift() + step)
}

// call shows one call with its masked bodies.
func (d *Demo) call(w http.ResponseWriter, r *http.Request) {
	seq, err := strconv.Atoi(r.PathValue("seq"))
	if err == nil {
		for _, c := range slices.Backward(d.Simulator.Calls()) {
			if c.Seq == seq {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(c) // the reader may be gone
				return
			}
		}
	}
	http.NotFound(w, r)
}

// media serves what a bubble shows: pictures to be looked at, all else to be saved.
func (d *Demo) media(w http.ResponseWriter, r *http.Request) {
	data, name, found := d.Simulator.Media(r.PathValue("id"))
	if !found {
		http.NotFound(w, r)
		return
	}
	kind := http.DetectContentType(data)
	if kind != "image/png" && kind != "image/jpeg" {
		kind = "application/octet-stream"
		w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data) //nolint:gosec // the type is fixed above, never HTML; the reader may be gone
}

// sample serves a file of the sample messages.
func (d *Demo) sample(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, d.Samples, r.PathValue("name")) //nolint:gosec // an fs.FS has nothing above its root
}
