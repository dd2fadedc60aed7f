package orders

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxAttachments is how many files an order may have.
	MaxAttachments = 50
	// MaxAttachment is the size of a file in bytes; the platforms send no larger ones.
	MaxAttachment = 20 << 20
)

// Attachment is a file that is kept with an order: what it was read from, or what somebody sent about it at whatever
// stage: a contract, a delivery note, a photograph.
type Attachment struct {
	Order  OrderID
	No     int    // within the order, from 1; it is not given again
	Digest string // SHA-256 of the content in hex, by which the store finds it
	Name   string
	Size   int    // bytes
	Note   string // words that came with it
	By     string // code of the sender
	ByName string
	// Customer tells that a customer sent it.
	Customer bool
	At       time.Time
}

// AttachmentTx is what the verbs about attachments need of a transaction. Who holds the order's lock has its
// attachments.
type AttachmentTx interface {
	Order(id OrderID) (*Order, error)
	// Attachments returns the files of an order, by their numbers.
	Attachments(id OrderID) ([]Attachment, error)
	// PutAttachment keeps a file and returns it with its number and digest.
	PutAttachment(a Attachment, data []byte) (Attachment, error)
	// DropAttachment takes a file off its order.
	DropAttachment(id OrderID, no int, by string, at time.Time) error
	Audit(entries ...AuditEntry) error
}

// attachable are the kinds of files that people send about orders. Programs are none: the bot would hand them on.
var attachable = []string{
	".pdf", ".ofd", ".doc", ".docx", ".wps", ".xls", ".xlsx", ".et", ".csv", ".ppt", ".pptx", ".txt", ".zip", ".rar",
	".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic",
}

// Attach keeps a file with an order; name may be empty for a picture. A file that the order has already stays as it is.
func Attach(tx AttachmentTx, id OrderID, name string, data []byte, note string, by Actor, at time.Time) (Attachment, error) {
	name, err := attachmentName(name, data)
	if err != nil {
		return Attachment{}, err
	}
	if _, err := tx.Order(id); err != nil {
		return Attachment{}, err
	}
	have, err := tx.Attachments(id)
	if err != nil {
		return Attachment{}, err
	}
	if len(have) >= MaxAttachments {
		return Attachment{}, Errorf(CodeInvalid, "订单 %s 已有 %d 个附件，不能再加。不要的可以发「移除附件 %s 编号」", id, len(have), id)
	}
	a, err := tx.PutAttachment(Attachment{
		Order: id, Name: name, Size: len(data), Note: note, By: by.Code, ByName: by.Name, Customer: by.Staff == nil, At: at,
	}, data)
	if err != nil || slices.ContainsFunc(have, func(h Attachment) bool { return h.No == a.No }) {
		return a, err
	}
	return a, tx.Audit(AuditEntry{Order: id, At: at, Actor: by.Code, Channel: by.Channel, Action: "添加附件", After: a.Title(), Trace: by.Trace})
}

// Detach takes a file off its order: who sent it may, and administrators.
func Detach(tx AttachmentTx, id OrderID, no int, by Actor, at time.Time) (Attachment, error) {
	a, err := FindAttachment(tx, id, no, by)
	if err != nil {
		return a, err
	}
	if a.By != by.Code && (by.Staff == nil || !by.Staff.Has(RoleAdmin)) {
		return a, Errorf(CodeDenied, "附件 %d 是%s发的，只有发的人或管理员能移除，没有改动", no, a.ByName)
	}
	if err := tx.DropAttachment(id, no, by.Code, at); err != nil {
		return a, err
	}
	return a, tx.Audit(AuditEntry{Order: id, At: at, Actor: by.Code, Channel: by.Channel, Action: "移除附件", Before: a.Title(), Trace: by.Trace})
}

// FindAttachment returns a file that somebody may have: CodeDenied where they may not, CodeNotFound where there is none.
// Whether they may see the order, the caller knows.
func FindAttachment(tx AttachmentTx, id OrderID, no int, by Actor) (Attachment, error) {
	list, err := tx.Attachments(id)
	if err != nil {
		return Attachment{}, err
	}
	i := slices.IndexFunc(list, func(a Attachment) bool { return a.No == no })
	switch {
	case i >= 0 && by.MayHave(&list[i]):
		return list[i], nil
	case i >= 0 && by.Staff != nil:
		return Attachment{}, Errorf(CodeDenied, "订单 %s 的附件 %d 您没有权限看", id, no)
	default:
		return Attachment{}, Errorf(CodeNotFound, "订单 %s 没有附件 %d，发「附件 %s」看有哪些", id, no, id)
	}
}

// MayHave tells whether somebody who may see an order may have a file of it. Files show prices and more, so the right is one
// of its own; a customer has what customers sent.
func (a Actor) MayHave(f *Attachment) bool {
	if a.Staff == nil {
		return f.Customer
	}
	switch a.Staff.May(RightFiles) {
	case ScopeAll:
		return true
	case ScopeOwn:
		return f.By == a.Code && !f.Customer
	default:
		return false
	}
}

// Title names the file in lists: 3. 合同.pdf（1.2 MB）.
func (a *Attachment) Title() string {
	size := fmt.Sprintf("%d KB", (a.Size+1023)>>10)
	if a.Size >= 1<<20 {
		size = fmt.Sprintf("%.1f MB", float64(a.Size)/(1<<20))
	}
	return fmt.Sprintf("%d. %s（%s）", a.No, a.Name, size)
}

// attachmentName makes a name that is safe to show and to send: the last part of what the platform calls the file, or what
// its content is. It refuses what is no kind of document.
func attachmentName(name string, data []byte) (string, error) {
	switch {
	case len(data) == 0:
		return "", Errorf(CodeInvalid, "文件是空的，没有收下")
	case len(data) > MaxAttachment:
		return "", Errorf(CodeInvalid, "文件有 %d MB，超过 %d MB 的上限，没有收下。请拆开发", len(data)>>20, MaxAttachment>>20)
	}
	name = strings.Trim(path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/")), " ./")
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, name)
	ext := strings.ToLower(path.Ext(name))
	stem := strings.Trim(name[:len(name)-len(ext)], " ./")
	if !slices.Contains(attachable, ext) {
		found := ""
		for start, kind := range map[string]string{"\x89PNG": ".png", "\xff\xd8\xff": ".jpg", "GIF8": ".gif", "RIFF": ".webp", "BM": ".bmp", "%PDF-": ".pdf"} {
			if bytes.HasPrefix(data, []byte(start)) {
				found = kind
			}
		}
		if found == "" || ext != "" {
			return "", Errorf(CodeInvalid, "「%s」这种文件不能作附件，请发图片、PDF、Word、Excel 或压缩包", name)
		}
		ext, stem = found, strings.Trim(name, " ./")
	}
	if stem == "" {
		stem = "图片"
	}
	if utf8.RuneCountInString(stem) > 60 {
		stem = string([]rune(stem)[:60])
	}
	return stem + ext, nil
}
