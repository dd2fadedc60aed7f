package simulator

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Limits of WeCom.
const (
	workTokenLife    = 2 * time.Hour
	responseCodeLife = 72 * time.Hour
	recallLimit      = 24 * time.Hour
	textLimit        = 2048 // bytes of a text or markdown
)

// The owners of WeCom tokens: a token belongs to the secret that got it.
const (
	ownerApp = "app"
	ownerKF  = "kf"
)

// WeCom is the simulated company with one self-built app. Its API is documented at
// https://developer.work.weixin.qq.com/document/path/90664.
type WeCom struct {
	sim    *Simulator
	cred   WeComCredentials
	tokens *tokens
	media  mediaStore
	app    *callback

	mu      sync.Mutex
	members map[string]*member // by lower-case userid
	order   []string           // userids as they joined
	screens screens
	sent    map[string]*workMessage // by msgid
	cards   map[string]*workCard    // by task_id
	codes   map[string]*responseCode
	repeats map[string]*workMessage // by receiver and content, for enable_duplicate_check
	paces   map[string]*window      // calls by API, on the real clock
	past    map[string]pastMessage  // what members sent, by MsgId
}

// member is one employee in the app's visible range.
type member struct {
	userid  string
	name    string
	minute  window
	hour    window
	dropped int
}

// workMessage is one message that the app sent.
type workMessage struct {
	id        string
	at        time.Time
	receivers []string
	bubbles   []*Bubble
}

// workCard is one template card with what each receiver sees of it.
type workCard struct {
	taskID  string
	bubbles map[string]*Bubble // by userid
	shown   map[string]*templateCard
}

// responseCode allows one update of a card.
type responseCode struct {
	card   *workCard
	issued time.Time
	used   bool
}

// pastMessage is a message of a person that can be delivered again.
type pastMessage struct {
	person string
	xml    []byte
	set    sending
}

func newWeCom(s *Simulator) *WeCom {
	w := &WeCom{
		sim: s, cred: s.cred.WeCom, tokens: newTokens(s, workTokenLife),
		members: make(map[string]*member), screens: make(screens), sent: make(map[string]*workMessage),
		cards: make(map[string]*workCard), codes: make(map[string]*responseCode),
		repeats: make(map[string]*workMessage), paces: make(map[string]*window), past: make(map[string]pastMessage),
	}
	w.app = &callback{sim: s, platform: PlatformWeCom, path: "/callback/wecom", envelope: workEnvelope{
		sim: s, box: mustBox(w.cred.Token, w.cred.AESKey, w.cred.CorpID),
		corpID: w.cred.CorpID, agentID: fmt.Sprint(w.cred.AgentID),
	}}
	h := s.hosts[PlatformWeCom]
	h.shape = errcodeShape{rate: 45009, tokens: w.tokens}
	h.handle("GET /cgi-bin/gettoken", w.getToken)
	w.serve("GET /cgi-bin/getcallbackip", "", w.callbackIP)
	w.serve("POST /cgi-bin/message/send", ownerApp, w.messageSend)
	w.serve("POST /cgi-bin/message/update_template_card", ownerApp, w.updateCard)
	w.serve("POST /cgi-bin/message/recall", ownerApp, w.recall)
	w.serve("POST /cgi-bin/menu/create", ownerApp, w.menuCreate)
	w.serve("GET /cgi-bin/user/get", ownerApp, w.userGet)
	w.serve("POST /cgi-bin/media/upload", "", w.mediaUpload)
	w.serve("GET /cgi-bin/media/get", "", w.mediaGet)
	h.handle("GET /pic/{id}", w.picture)
	return w
}

// serve answers pattern with f after the checks that all calls share: the token, that it belongs
// to owner ("" is any), and the pace of 10 000 calls a minute.
func (w *WeCom) serve(pattern, owner string, f func(*apiCall) answer) {
	w.sim.hosts[PlatformWeCom].handle(pattern, func(c *apiCall) answer {
		got, code := w.tokens.check(c.URL.Query().Get("access_token"), c.now)
		switch {
		case code != 0:
			return tokenFailure(code)
		case owner == ownerApp && got != ownerApp:
			return fail(301002, "not allow operate another agent with this accesstoken")
		case owner == ownerKF && got != ownerKF:
			return fail(48002, "api forbidden: the secret is not allowed to call 微信客服")
		case !w.pace(c.URL.Path):
			return fail(45009, "api freq out of limit")
		default:
			return f(c)
		}
	})
}

func (w *WeCom) pace(path string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.paces[path]
	if p == nil {
		p = &window{span: time.Minute, max: 10000}
		w.paces[path] = p
	}
	return p.allow(realNow())
}

// AddMember puts an employee into the app's visible range.
func (w *WeCom) AddMember(userid, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := strings.ToLower(userid)
	if w.members[key] == nil {
		w.order = append(w.order, userid)
	}
	w.members[key] = &member{
		userid: userid, name: name,
		minute: window{span: time.Minute, max: 30}, hour: window{span: time.Hour, max: 1000},
	}
}

// RemoveMember takes an employee out of the visible range: messages to them are 81013 or
// invaliduser.
func (w *WeCom) RemoveMember(userid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.members, strings.ToLower(userid))
}

// Screen returns what the member sees in the app's chat now, oldest first.
func (w *WeCom) Screen(userid string) []Bubble {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.screens.show(userid)
}

// Dropped returns how many messages to the member were dropped in silence: beyond 30 a minute or
// 1000 an hour.
func (w *WeCom) Dropped(userid string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.members[strings.ToLower(userid)]; m != nil {
		return m.dropped
	}
	return 0
}

// ExpireTokens ends the life of all tokens, as the platform may do at any time.
func (w *WeCom) ExpireTokens() { w.tokens.end("", false, w.sim.now()) }

// VerifyURL makes the GET that saving the callback's settings makes.
func (w *WeCom) VerifyURL(ctx context.Context) error { return w.app.verify(ctx) }

// getToken: codes 40013 for the company, 40001 for the secret.
func (w *WeCom) getToken(c *apiCall) answer {
	q := c.URL.Query()
	if q.Get("corpid") != w.cred.CorpID {
		return fail(40013, "invalid corpid")
	}
	var owner string
	switch q.Get("corpsecret") {
	case "":
		return fail(41004, "corpsecret missing")
	case w.cred.Secret:
		owner = ownerApp
	case w.cred.KF.Secret:
		owner = ownerKF
	default:
		return fail(40001, "invalid credential")
	}
	text, left := w.tokens.current(owner, c.now)
	return ok(map[string]any{"access_token": text, "expires_in": left})
}

func (w *WeCom) callbackIP(*apiCall) answer {
	return ok(map[string]any{"ip_list": []string{"127.0.0.*"}})
}

func (w *WeCom) userGet(c *apiCall) answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.members[strings.ToLower(c.URL.Query().Get("userid"))]
	if m == nil {
		return fail(60111, "userid not found")
	}
	return ok(map[string]any{
		"userid": m.userid, "name": m.name, "department": []int{1}, "order": []int{0}, "position": "",
		"is_leader_in_dept": []int{0}, "direct_leader": []string{}, "alias": "", "status": 1,
		"main_department": 1, "extattr": map[string]any{"attrs": []any{}},
	})
}

// workUploads are the greatest sizes of temporary media.
var workUploads = uploadLimits{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}

func (w *WeCom) mediaUpload(c *apiCall) answer {
	f, err := readUpload(c, workUploads)
	if err != nil {
		return refused(err)
	}
	id := w.store(f, c.now)
	return ok(map[string]any{"type": f.kind, "media_id": id, "created_at": fmt.Sprint(c.now.Unix())})
}

// store keeps f for three days and returns its media_id.
func (w *WeCom) store(f file, now time.Time) string {
	id := "3" + w.sim.word(62)
	f.expires = now.Add(mediaLife)
	if f.name == "" {
		f.name = imageName(id, f.data)
	}
	w.media.put(id, f)
	return id
}

func (w *WeCom) hasMedia(id, kind string) bool {
	f, is := w.media.get(id, w.sim.now())
	return is && (kind == "" || f.kind == kind)
}

func (w *WeCom) mediaGet(c *apiCall) answer {
	f, is := w.media.get(c.URL.Query().Get("media_id"), c.now)
	if !is {
		return fail(40007, "invalid media_id")
	}
	return download(f)
}

func (w *WeCom) picture(c *apiCall) answer {
	f, is := w.media.get(c.PathValue("id"), c.now)
	if !is || f.kind != "image" {
		return page(http.StatusNotFound)
	}
	return download(f)
}

func (w *WeCom) menuCreate(c *apiCall) answer {
	var in struct {
		Button []menuButton `json:"button" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	if c.URL.Query().Get("agentid") != fmt.Sprint(w.cred.AgentID) {
		return fail(40056, "invalid agentid")
	}
	if err := checkMenu(in.Button, 16, 40); err != nil {
		return refused(err)
	}
	return ok(nil)
}

// menuButton is an entry of a menu below the chat.
type menuButton struct {
	Type      string       `json:"type,omitempty"`
	Name      string       `json:"name" need:""`
	Key       string       `json:"key,omitempty"`
	URL       string       `json:"url,omitempty"`
	AppID     string       `json:"appid,omitempty"`
	PagePath  string       `json:"pagepath,omitempty"`
	MediaID   string       `json:"media_id,omitempty"`
	SubButton []menuButton `json:"sub_button,omitempty"`
}

// checkMenu checks a menu: three entries, five below each, names of at most top and below bytes.
func checkMenu(list []menuButton, top, below int) error {
	if len(list) > 3 {
		return refuse(40016, "invalid button size %d", len(list))
	}
	for _, b := range list {
		if len(b.Name) > top {
			return refuse(40018, "invalid button name size")
		}
		if len(b.SubButton) > 5 {
			return refuse(40023, "invalid sub button size %d", len(b.SubButton))
		}
		if len(b.SubButton) == 0 {
			if err := b.check(); err != nil {
				return err
			}
		}
		for _, s := range b.SubButton {
			if len(s.Name) > below {
				return refuse(40025, "invalid sub button name size")
			}
			if err := s.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b menuButton) check() error {
	switch b.Type {
	case "view":
		if b.URL == "" || len(b.URL) > 1024 {
			return refuse(40020, "invalid button url size")
		}
	case "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
		if b.Key == "" || len(b.Key) > 128 {
			return refuse(40019, "invalid button key size")
		}
	case "miniprogram", "view_miniprogram":
		if b.AppID == "" || b.PagePath == "" {
			return refuse(40017, "a mini-program button needs appid and pagepath")
		}
	default:
		return refuse(40017, "invalid button type %q", b.Type)
	}
	return nil
}
