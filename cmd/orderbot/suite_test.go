package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot"
	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
	"orderbot/storage"
)

// fairDay is when the corpus ends: a moment at which all of its messages lie in the past.
var fairDay = time.Date(2026, 3, 27, 16, 0, 0, 0, location)

// inProcess opens files in the test's own process.
type inProcess struct{ ocr ocr.Recogniser }

// Open opens a file.
func (i inProcess) Open(ctx context.Context, name string, data []byte, progress func(page, pages int)) (*page.Document, error) {
	if bytes.Contains(data, []byte("%PDF-")) {
		dir, err := filepath.Abs("../../.cache/ocr/compiled") // under the race detector compiling PDFium takes a minute
		if err != nil {
			return nil, err
		}
		if err := document.LoadPDF(dir); err != nil {
			return nil, err
		}
	}
	return document.Opener{OCR: i.ocr, Progress: progress}.Open(ctx, name, data)
}

// Cut cuts pieces out of a file's pages.
func (i inProcess) Cut(ctx context.Context, data []byte, places []page.Place) ([][]byte, error) {
	return document.Cut(ctx, data, places)
}

// recordedPages opens files with the pages that were recognised before.
var recordedPages = inProcess{ocr.Recorded{Dir: "../../orders/intake/testdata/pages"}}

// openedFiles remembers what became of each file that a server opened.
type openedFiles struct {
	bot.Files

	mu   sync.Mutex
	docs map[[32]byte]*page.Document
}

// Open opens a file.
func (o *openedFiles) Open(ctx context.Context, name string, data []byte, progress func(page, pages int)) (*page.Document, error) {
	doc, err := o.Files.Open(ctx, name, data, progress)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.docs == nil {
		o.docs = make(map[[32]byte]*page.Document)
	}
	o.docs[sha256.Sum256(data)] = doc
	return doc, err
}

func (o *openedFiles) of(data []byte) *page.Document {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.docs[sha256.Sum256(data)]
}

// colleague is a member of the staff whom a test adds.
type colleague struct {
	name            string
	role            orders.Role
	wecom, dingtalk string
}

// employ adds people to the staff, before the server starts.
func (f *firm) employ(people ...colleague) {
	f.t.Helper()
	f.employAfter(0, people...)
}

// employAfter adds people when n of them have been added before.
func (f *firm) employAfter(n int, people ...colleague) {
	f.t.Helper()
	var csv strings.Builder
	csv.WriteString("code,name,role,wecom,dingtalk,superior\n")
	for i, p := range people {
		fmt.Fprintf(&csv, "T%03d,%s,%s,%s,%s,S10\n", n+i+1, p.name, p.role, p.wecom, p.dingtalk)
		if p.wecom != "" {
			f.sim.WeCom.AddMember(p.wecom, p.name)
		}
		if p.dingtalk != "" {
			f.sim.DingTalk.AddPerson(p.dingtalk, p.name, "")
		}
	}
	file := filepath.Join(f.t.TempDir(), "more-staff.csv")
	require.NoError(f.t, os.WriteFile(file, []byte(csv.String()), 0o600))
	f.command("import", "staff", file)
}

// bind ties people of 微信客服 to customers, as the flow of binding codes would have done.
func (f *firm) bind(people map[string]orders.CustomerCode) {
	f.t.Helper()
	require.NoError(f.t, f.server.store.Do(f.t.Context(), func(tx *storage.Tx) error {
		for person, customer := range people {
			b := orders.Binding{Platform: orders.KF, Person: person, Customer: customer, By: "S99", At: f.clock.now()}
			if err := tx.Bind(b); err != nil {
				return err
			}
		}
		return nil
	}))
}

// kf is the screen of a customer.
func (f *firm) kf(person string) func() []simulator.Bubble {
	return func() []simulator.Bubble { return f.sim.KF.Screen(person) }
}

// kfChat is the id of a customer's conversation.
func (f *firm) kfChat(person string) string {
	return f.sim.Credentials().WeCom.KF.OpenKfID + " " + person
}

// sql opens the server's database beside the server, once.
func (f *firm) sql() *sql.DB {
	f.t.Helper()
	if f.db == nil {
		f.db = openSQL(f.t, f.database)
	}
	return f.db
}

// addresses are those of the databases that tests look into.
var addresses sync.Map

func openSQL(tb testing.TB, address string) *sql.DB {
	tb.Helper()
	driver, dsn := "sqlite", strings.TrimPrefix(address, "sqlite:")+"?_pragma=busy_timeout(20000)"
	if strings.HasPrefix(address, "mysql:") {
		u, err := url.Parse(address)
		require.NoError(tb, err)
		password, _ := u.User.Password()
		driver, dsn = "mysql", fmt.Sprintf("%s:%s@tcp(%s)%s", u.User.Username(), password, u.Host, u.Path)
	}
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	db.SetMaxOpenConns(4)
	addresses.Store(db, address)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

// number returns the one number that a query gives.
func number(t *testing.T, db *sql.DB, query string, args ...any) int64 {
	t.Helper()
	var n sql.NullInt64
	require.NoError(t, db.QueryRowContext(t.Context(), query, args...).Scan(&n), query)
	return n.Int64
}

// texts returns the rows that a query gives, the columns of each joined by blanks.
func texts(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	require.NoError(t, err, query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var out []string
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		require.NoError(t, rows.Scan(into...))
		row := make([]string, len(columns))
		for i, c := range cells {
			row[i] = c.String
		}
		out = append(out, strings.Join(row, " "))
	}
	require.NoError(t, rows.Err())
	return out
}

// eventually waits until done; what it waits for and where it stands go into the failure.
func eventually(t *testing.T, limit time.Duration, what string, done func() bool, state func() string) {
	t.Helper()
	for deadline := time.Now().Add(limit); !done(); time.Sleep(30 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come: %s", what, state())
		}
	}
}

// quiet waits until nothing waits to be answered, told or sent.
func quiet(t *testing.T, db *sql.DB, limit time.Duration) {
	t.Helper()
	const open = `SELECT (SELECT COUNT(*) FROM inbox WHERE status = 0) + (SELECT COUNT(*) FROM events WHERE status = 0)
		+ (SELECT COUNT(*) FROM deliveries WHERE status = 0) + (SELECT COUNT(*) FROM cursors WHERE due_at > 0)`
	eventually(t, limit, "quiet", func() bool { return number(t, db, open) == 0 }, func() string {
		return fmt.Sprint(
			texts(t, db, "SELECT 'inbox', platform, msg_key, error FROM inbox WHERE status = 0 LIMIT 5"),
			texts(t, db, "SELECT 'event', kind, order_id, error FROM events WHERE status = 0 LIMIT 5"),
			texts(t, db, "SELECT 'delivery', platform, chat_id, kind, error FROM deliveries WHERE status = 0 LIMIT 5"),
			texts(t, db, "SELECT 'cursor', name FROM cursors WHERE due_at > 0 LIMIT 5"),
		)
	})
}

// sound asserts what must hold in every database at rest: totals are the sums of what they total,
// and nothing was decided, reserved or shipped twice.
func sound(t *testing.T, db *sql.DB) {
	t.Helper()
	none := func(what, query string) {
		t.Helper()
		require.Empty(t, texts(t, db, query), what)
	}
	for column, kind := range map[string]string{"reserved": "soft", "allocated": "firm"} {
		none(column+" is not the sum of its reservations", fmt.Sprintf(`SELECT s.product, s.warehouse, s.%[1]s FROM stock s
			WHERE s.%[1]s <> COALESCE((SELECT SUM(r.quantity) FROM reservations r
				WHERE r.product = s.product AND r.warehouse = s.warehouse AND r.kind = '%[2]s'), 0)`, column, kind))
	}
	none("reservation without stock", `SELECT r.order_id, r.product FROM reservations r
		WHERE NOT EXISTS (SELECT 1 FROM stock s WHERE s.product = r.product AND s.warehouse = r.warehouse)`)
	none("an account is not the sum of its invoices and payments", `SELECT c.customer, c.invoiced, c.paid FROM credit c
		WHERE c.invoiced <> COALESCE((SELECT SUM(i.amount) FROM invoices i WHERE i.customer = c.customer), 0)
		OR c.paid <> COALESCE((SELECT SUM(p.amount) FROM payments p WHERE p.customer = c.customer AND p.void = 0), 0)`)
	none("credit is not the sum of what orders hold", `SELECT c.customer, c.held FROM credit c
		WHERE c.held <> COALESCE((SELECT SUM(o.held) FROM orders o WHERE o.customer = c.customer), 0)`)
	none("credit held for an unknown customer", `SELECT o.id FROM orders o WHERE o.held > 0
		AND NOT EXISTS (SELECT 1 FROM credit c WHERE c.customer = o.customer)`)
	none("credit held for another amount", `SELECT o.id, o.held, o.total FROM orders o WHERE o.held <> 0
		AND o.held + o.invoiced - o.freight + COALESCE((SELECT SUM(r.credited) FROM order_returns r WHERE r.order_id = o.id), 0) <> (SELECT SUM(l.amount) FROM order_lines l WHERE l.order_id = o.id AND l.price_mode NOT IN ('寄售', '按需结算'))`)
	none("stock held by an order that is none", `SELECT r.order_id, o.status FROM reservations r JOIN orders o ON o.id = r.order_id
		WHERE o.status IN ('draft', 'cancelled', 'rejected', 'closed', 'shipped', 'delivered')`)
	none("more held than ordered", `SELECT l.order_id, l.no FROM order_lines l WHERE l.reserved > l.base`)
	for _, action := range []string{"草稿", "确认下单", "取消", "加急收到"} {
		none(action+" twice", fmt.Sprintf("SELECT order_id, COUNT(*) FROM audit WHERE action = '%s' AND order_id <> '' GROUP BY order_id HAVING COUNT(*) > 1", action))
	}
	none("a node decided twice", `SELECT order_id, action, COUNT(*) FROM audit WHERE (action LIKE '同意%' OR action LIKE '驳回%')
		AND order_id NOT IN (SELECT order_id FROM order_changes) GROUP BY order_id, action HAVING COUNT(*) > 1`)
	none("a decision without its record", `SELECT n.order_id, n.seq FROM order_nodes n WHERE n.status IN ('approved', 'rejected')
		AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.order_id = n.order_id AND a.actor = n.decided_by AND (a.action LIKE '同意%' OR a.action LIKE '驳回%'))`)
	none("a parcel twice", "SELECT order_id, tracking, COUNT(*) FROM shipments GROUP BY order_id, tracking HAVING COUNT(*) > 1")
	none("a parcel recorded twice", "SELECT order_id, reason, COUNT(*) FROM audit WHERE action = '发货' GROUP BY order_id, reason HAVING COUNT(*) > 1")
	for _, kind := range []string{orders.EventConfirmed, orders.EventApproved, orders.EventRejected, orders.EventCancelled, orders.EventUrgent} {
		none(kind+" twice", fmt.Sprintf("SELECT order_id, COUNT(*) FROM events WHERE kind = '%s' AND (kind <> 'order.approved' OR order_id NOT IN (SELECT order_id FROM order_changes)) GROUP BY order_id HAVING COUNT(*) > 1", kind))
	}
	replayed(t, db)
	none("given up", "SELECT platform, chat_id, kind, error FROM deliveries WHERE status = 2")
}

// replayed asserts that the audit trail of every order alone makes the order that is stored.
func replayed(t *testing.T, db *sql.DB) {
	t.Helper()
	address, ok := addresses.Load(db)
	require.True(t, ok)
	store, err := storage.Open(t.Context(), address.(string), storage.Options{Now: time.Now})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	for _, id := range texts(t, db, "SELECT id FROM orders ORDER BY id") {
		stored, err := store.FindOrder(t.Context(), orders.OrderID(id))
		require.NoError(t, err)
		again, err := store.Replay(t.Context(), orders.OrderID(id))
		require.NoError(t, err)
		require.Equal(t, stored, again, id)
	}
}

// liveOCR opens files with the models, which all tests share.
func liveOCR(t *testing.T) bot.Files {
	t.Helper()
	engine, err := models()
	require.NoError(t, err, "the models are missing: make files")
	return inProcess{engine}
}

var models = sync.OnceValues(func() (*ocr.Engine, error) { return ocr.New(ocr.Options{}) })
