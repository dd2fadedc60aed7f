package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// Books is a snapshot of the master data, ready to be read against.
type Books struct {
	Catalog *orders.Catalog
	Lexicon *intake.Lexicon

	once  sync.Once
	texts []string
}

// productTexts are the words by which each product of the catalog is searched for, in its order, made when they are first asked for.
func (b *Books) productTexts() []string {
	b.once.Do(func() {
		b.texts = make([]string, len(b.Catalog.Products()))
		for i, p := range b.Catalog.Products() {
			b.texts[i] = productText(p)
		}
	})
	return b.texts
}

// productText is code, name, spec and aliases of a product, made uniform.
func productText(p *orders.Product) string {
	return strings.ToLower(norm.NFKC.String(string(p.Code) + " " + p.Title() + " " + strings.Join(p.Aliases, " ")))
}

// Store runs transactions.
type Store interface {
	Do(ctx context.Context, f func(Tx) error) error
}

// Links makes the links that people get to share with a customer.
type Links interface {
	// Binding returns what leads a customer to be bound with a code, as sentences: a link into
	// 微信客服, a QR code of the service account. Empty where nothing of the kind is set up.
	Binding(ctx context.Context, code string) ([]string, error)
}

// Clerk answers what the chats say.
type Clerk struct {
	Store   Store
	Query   Query
	Turns   Turns
	Desk    *orders.Desk
	Books   func() *Books
	Media   map[orders.Platform]Media
	Files   Files
	Imports Imports
	Signer  *cards.Signer
	Links   Links                     // may be nil
	PageURL func(token string) string // nil or "" where no page can be reached
	// ReportURL returns the address of a report's file; nil where no page can be reached.
	ReportURL func(token string) string
	// NewToken returns an unguessable token, NewCode a binding code of six digits.
	NewToken func() string
	NewCode  func() string
	Now      func() time.Time
	Location *time.Location
	Logger   *slog.Logger
	Forms    Forms        // approval forms; may be nil
	Second   SecondReader // asked where the reader is unsure; may be nil
	// SecondSaid is told how many places that were put to the second reader came out so: settled, refused by the checks, silent (it said
	// nothing of them), or failed with the call; may be nil.
	SecondSaid func(result string, places int)
	// Sent is called after a commit that put something into the outbox; may be nil.
	Sent func()
	// Follow takes over master data that were imported just now, for the next message; may be nil.
	Follow func(ctx context.Context) error

	BindingCode     time.Duration // life of a binding code
	ThreadExpires   time.Duration // silence after which a conversation begins anew
	DuplicateWindow time.Duration // like orders of one customer are asked about; 0: never
	Hold            time.Duration // life of a claim, renewed while at work
	Poll            time.Duration // pause between looks for new turns
	Workers         int           // turns answered at once

	once    sync.Once
	wake    chan struct{}
	aside   chan struct{} // turns that left their slot to wait for their files
	reading chan struct{} // files that are held in memory until they are read
}

const (
	maxAttempts = 6 // after which a turn that can't be answered gets an apology
	maxFile     = 20 << 20
	maxAside    = 1000
	maxReading  = 4
	maxFiles    = 8 // that are answered together
)

// Wake makes the clerk look for new turns at once.
func (c *Clerk) Wake() {
	c.begin()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Clerk) begin() {
	c.once.Do(func() {
		c.wake, c.aside, c.reading = make(chan struct{}, 1), make(chan struct{}, maxAside), make(chan struct{}, maxReading)
	})
}

// Run answers turns until ctx ends, then waits for those at work.
func (c *Clerk) Run(ctx context.Context) error {
	c.begin()
	slots := make(chan struct{}, c.Workers)
	var working sync.WaitGroup
	defer working.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-c.wake:
		}
		for ctx.Err() == nil {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			turn, err := c.Turns.ClaimTurn(ctx, c.Now(), c.Hold)
			if err != nil && ctx.Err() == nil {
				c.Logger.Error("claim turn", "error", err)
			}
			if turn == nil {
				<-slots
				break
			}
			working.Go(func() {
				if hasFiles(turn) { // it waits for others' files: meanwhile texts are answered
					select {
					case c.aside <- struct{}{}:
						<-slots
						defer func() { <-c.aside }()
					default:
						defer func() { <-slots }()
					}
				} else {
					defer func() { <-slots }()
				}
				c.answer(ctx, turn)
			})
		}
		timer.Reset(c.Poll)
	}
}

func hasFiles(t *orders.Turn) bool {
	return slices.ContainsFunc(t.Messages, func(m orders.Inbound) bool { return isFile(m.Kind) })
}

func isFile(k orders.InboundKind) bool { return k == orders.InboundPicture || k == orders.InboundFile }

// answer answers one turn, keeping its claim alive meanwhile, and gives it back for later where
// that fails.
func (c *Clerk) answer(ctx context.Context, turn *orders.Turn) {
	done := make(chan struct{})
	var keeper sync.WaitGroup
	keeper.Go(func() { c.keep(ctx, turn, done) })
	err := c.Answer(ctx, turn)
	close(done)
	keeper.Wait()
	if err == nil {
		return
	}
	log := c.Logger.With("platform", turn.Chat.Platform, "trace_id", turn.Messages[0].Trace)
	if orders.ErrorCode(err) == orders.CodeConflict {
		log.Warn("turn was taken over", "error", err)
		return
	}
	level := slog.LevelError
	if ctx.Err() != nil { // the server is stopping: another one takes it up
		level = slog.LevelInfo
	}
	log.Log(ctx, level, "answer turn", "error", err, "attempts", turn.Attempts)
	pause := min(time.Second<<min(turn.Attempts, 6), time.Minute)
	// The server may be stopping: giving the turn back must still go through.
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := c.Turns.RetryTurn(back, turn, c.Now().Add(pause), err.Error()); err != nil {
		log.Error("retry turn", "error", err)
	}
}

// keep renews the claim of a turn until done.
func (c *Clerk) keep(ctx context.Context, turn *orders.Turn, done <-chan struct{}) {
	tick := time.NewTicker(c.Hold / 3)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := c.Turns.RenewTurn(ctx, turn, c.Now(), c.Hold); err != nil {
				c.Logger.Warn("renew turn", "error", err)
				return
			}
		}
	}
}

// Answer answers what of a turn belongs together, a command, a click or a run of messages, in one
// transaction that also marks its messages as answered. The rest of the turn is due again at once.
func (c *Clerk) Answer(ctx context.Context, turn *orders.Turn) error {
	parts := c.parts(turn)
	if err := c.answerPart(ctx, parts[0]); err != nil {
		return err
	}
	if len(parts) > 1 {
		c.Wake()
	}
	return nil
}

// parts splits a turn into what is answered together: commands, clicks and enters each alone,
// runs of other messages as one, but of a heap of files some at a time.
func (c *Clerk) parts(turn *orders.Turn) []*orders.Turn {
	var parts []*orders.Turn
	var open *orders.Turn
	files := 0
	tables, sent := c.importAlone(turn), hasFiles(turn)
	for i := range turn.Messages {
		m := &turn.Messages[i]
		if isFile(m.Kind) {
			if files++; files > maxFiles {
				open, files = nil, 1
			}
		}
		alone := m.Kind == orders.InboundText && !sent && parseReturn(m.Text).verb != "" || isRules(m) || tables && isTable(m) || m.Kind == orders.InboundClick || m.Kind == orders.InboundEnter || m.Kind == orders.InboundForm ||
			m.Kind == orders.InboundText && parseCommand(m.Text).verb != "" && (!sent || !goesWithFiles(m.Text))
		if open == nil || alone {
			open = &orders.Turn{Chat: turn.Chat, Token: turn.Token, Attempts: turn.Attempts}
			parts = append(parts, open)
		}
		open.Messages = append(open.Messages, *m)
		open.IDs = append(open.IDs, turn.IDs[i])
		if alone {
			open = nil
		}
	}
	return parts
}

// answerPart answers one part of a turn.
func (c *Clerk) answerPart(ctx context.Context, part *orders.Turn) (err error) {
	first := part.Messages[0]
	s := &session{clerk: c, part: part, books: c.Books(), in: first, now: c.Now()}
	if part.Attempts >= maxAttempts {
		if first.Kind == orders.InboundForm { // nobody waits in its chat: the overseers have to know
			return c.commit(ctx, s, s.formLost)
		}
		s.say(fmt.Sprintf("这条消息没能处理成功，请换个说法或稍后再发一次（编号 %s）", first.Trace))
		return c.commit(ctx, s, func(Tx) error { return nil })
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := c.fetch(ctx, s); err != nil {
		return err
	}
	err = c.commitRead(ctx, s)
	if sentence, ok := orders.ErrorMessage(err); ok && !errors.Is(err, errLost) {
		// A refusal: nothing of what was tried stands, and the sender is told why.
		r := &session{clerk: c, part: part, books: s.books, in: first, now: s.now, person: s.person}
		r.say(sentence)
		return c.commit(ctx, r, func(tx Tx) error {
			if err := r.afterRefusal(tx, err); err != nil {
				return err
			}
			return r.redraw(tx)
		})
	}
	return err
}

// errLost marks the loss of a claim, which must not be answered: somebody else does.
var errLost = errors.New("claim lost")

// commit runs f in a transaction that also stores the session's replies and marks its messages.
func (c *Clerk) commit(ctx context.Context, s *session, f func(Tx) error) error {
	said := len(s.replies)
	err := c.Store.Do(ctx, func(tx Tx) error {
		s.replies = s.replies[:said] // the transaction may be run again
		if err := f(tx); err != nil {
			return err
		}
		if s.part.Token != "" {
			if err := tx.FinishTurn(s.part); err != nil {
				if orders.ErrorCode(err) == orders.CodeConflict {
					return errors.Join(errLost, err)
				}
				return err
			}
		}
		return tx.Send(s.deliveries()...)
	})
	if err == nil && s.imported != nil {
		c.Logger.Info("master data imported", "kind", s.imported.Kind, "import", s.imported.ID, "staff", s.imported.By, "trace_id", s.in.Trace)
	}
	if err == nil && c.Sent != nil {
		c.Sent()
	}
	if err == nil && s.imported != nil {
		c.followImport(ctx)
	}
	return err
}

// followImport lets the next message be read with what was imported.
func (c *Clerk) followImport(ctx context.Context) {
	if c.Follow == nil {
		return
	}
	if err := c.Follow(ctx); err != nil {
		c.Logger.Warn("follow import", "error", err)
	}
}

// fetch gets what the part needs from outside before its transaction begins: files, downloaded and
// opened, and links for a binding code. What takes long is announced first, once.
func (c *Clerk) fetch(ctx context.Context, s *session) error {
	if s.in.Kind == orders.InboundText && parseCommand(s.in.Text).verb == cmdCode {
		s.code = c.NewCode()
		if c.Links != nil {
			var err error
			if s.codeLinks, err = c.Links.Binding(ctx, s.code); err != nil {
				c.Logger.Warn("binding link", "error", err) // the code works without
			}
		}
	}
	if s.in.Kind == orders.InboundForm && c.Forms != nil {
		form, err := c.Forms.Form(ctx, s.in.Media)
		if _, ok := orders.ErrorMessage(err); err != nil && !ok {
			return err // passing trouble: the turn is tried again
		}
		s.form, s.formErr = form, err
		return nil
	}
	if isRules(&s.in) {
		known, err := c.known(ctx, s)
		if err != nil || !known {
			return err
		}
		f := &rulesFile{name: s.in.FileName}
		if f.data, f.err = c.download(ctx, s.in); f.err != nil {
			if _, ok := orders.ErrorMessage(f.err); !ok {
				return f.err // passing trouble: the turn is tried again
			}
		}
		s.rulesFile = f
		return nil
	}
	if err := c.fetchKept(ctx, s); err != nil {
		return err
	}
	var files []orders.Inbound
	slow := false
	for _, m := range s.part.Messages {
		if isFile(m.Kind) {
			files = append(files, m)
			slow = slow || m.Kind == orders.InboundPicture || !isSheet(m.FileName)
		}
	}
	if len(files) == 0 && parseCommand(s.in.Text).verb != cmdFiles { // which may be about a file of before
		return nil
	}
	if kept, err := c.fetchFor(ctx, s, files); err != nil || kept || len(files) == 0 || !s.person.known() {
		return err // a stranger's files are not even opened
	}
	if slow {
		if err := c.receipt(ctx, s, "received", "收到，正在识别…"); err != nil {
			return err
		}
	}
	p := progress{clerk: c, s: s, files: len(files), next: c.Now().Add(progressPace), pace: progressPace}
	for i, m := range files {
		doc, data, err := c.open(ctx, m, func(page, pages int) { p.at(ctx, i+1, page, pages) })
		if _, ok := orders.ErrorMessage(err); err != nil && !ok {
			return err // passing trouble: the turn is tried again
		}
		if isSurgerySheet(doc) {
			s.docs = append(s.docs, opened{in: m, doc: doc, data: data, err: err})
			continue
		}
		table, trouble := c.takeFile(ctx, s, &m, doc, data)
		if s.table = table; table != nil || trouble != nil {
			return trouble
		}
		s.docs = append(s.docs, opened{in: m, doc: doc, data: data, err: err})
	}
	return nil
}

// progressPace is the time to the first word about a long document; each next one takes twice as long.
const progressPace = 10 * time.Second

// progress tells the sender how far the reading of files is, seldom: messages can't be changed once sent, and the platforms
// count them.
type progress struct {
	clerk *Clerk
	s     *session
	files int
	said  int
	next  time.Time
	pace  time.Duration
}

// at notes which page of which file is read now. A customer's platform lets few messages through: they are for the answer.
func (p *progress) at(ctx context.Context, file, page, pages int) {
	now := p.clerk.Now()
	if p.files*pages == 1 || now.Before(p.next) || p.s.part.Chat.Platform == orders.KF || p.s.part.Chat.Platform == orders.ServiceAccount {
		return
	}
	where := fmt.Sprintf("第 %d/%d 页", page, pages)
	switch {
	case p.files > 1 && pages > 1:
		where = fmt.Sprintf("第 %d/%d 个文件，", file, p.files) + where
	case p.files > 1:
		where = fmt.Sprintf("第 %d/%d 个文件", file, p.files)
	}
	p.said++
	p.pace *= 2
	p.next = now.Add(p.pace)
	if err := p.clerk.receipt(ctx, p.s, fmt.Sprintf("progress:%d", p.said), "正在识别，"+where+"…"); err != nil {
		p.clerk.Logger.Warn("tell progress", "error", err)
	}
}

// known tells whether the sender is somebody whom we serve.
func (c *Clerk) known(ctx context.Context, s *session) (known bool, err error) {
	err = c.Store.Do(ctx, func(tx Tx) error {
		s.person, err = s.identify(tx)
		known = s.person.known()
		return err
	})
	return known, err
}

// open downloads one file and reads it into pages.
func (c *Clerk) open(ctx context.Context, m orders.Inbound, progress func(page, pages int)) (*page.Document, []byte, error) {
	media := c.Media[m.Platform]
	if media == nil {
		return nil, nil, orders.Errorf(orders.CodeInvalid, "这里收不了文件，请发文字")
	}
	if !isSheet(m.FileName) {
		c.begin()
		select {
		case c.reading <- struct{}{}:
			defer func() { <-c.reading }()
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	name, data, err := media.Fetch(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	if m.FileName != "" {
		name = m.FileName
	}
	if len(data) > maxFile {
		return nil, nil, orders.Errorf(orders.CodeInvalid, "文件有 %d MB，超过 20 MB 的上限。请拆开发，或截图发过来", len(data)>>20)
	}
	progress(1, 1)
	doc, err := c.Files.Open(ctx, name, data, progress)
	return doc, data, err
}

// download fetches a file as it is.
func (c *Clerk) download(ctx context.Context, m orders.Inbound) ([]byte, error) {
	media := c.Media[m.Platform]
	if media == nil {
		return nil, orders.Errorf(orders.CodeInvalid, "这里收不了文件，请发文字")
	}
	_, data, err := media.Fetch(ctx, m)
	return data, err
}

// isSheet tells by its name whether a file is read in no time.
func isSheet(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{".xlsx", ".csv", ".docx"}, func(ext string) bool { return strings.HasSuffix(name, ext) })
}
