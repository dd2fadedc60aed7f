package simulator

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// mediaLife is how long temporary media can be fetched.
const mediaLife = 3 * 24 * time.Hour

// file is one stored medium.
type file struct {
	kind    string // image, voice, video, file
	name    string
	data    []byte
	expires time.Time // zero: never
}

// mediaStore keeps the media of one platform.
type mediaStore struct {
	mu    sync.Mutex
	files map[string]*file
}

func (m *mediaStore) put(id string, f file) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		m.files = make(map[string]*file)
	}
	m.files[id] = &f
}

// get returns the medium id if it can be fetched at now.
func (m *mediaStore) get(id string, now time.Time) (file, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[id]
	if f == nil || (!f.expires.IsZero() && now.After(f.expires)) {
		return file{}, false
	}
	return *f, true
}

// Media returns the bytes and the name of a medium of any platform, by the MediaID of a [Bubble],
// whatever its age.
func (s *Simulator) Media(id string) (data []byte, name string, found bool) {
	for _, m := range []*mediaStore{&s.WeCom.media, &s.ServiceAccount.media, &s.DingTalk.media} {
		m.mu.Lock()
		f := m.files[id]
		m.mu.Unlock()
		if f != nil {
			return f.data, f.name, true
		}
	}
	return nil, "", false
}

// uploadLimits are the greatest sizes by type, in bytes.
type uploadLimits map[string]int

// readUpload reads the multipart field "media" of an upload. Codes: 40004 bad kind of file, 40005
// bad type, 40006 too small, 41005 no file, 45001 too large.
func readUpload(c *apiCall, limits uploadLimits) (file, error) {
	kind := c.URL.Query().Get("type")
	limit, known := limits[kind]
	if !known {
		return file{}, refuse(40005, "invalid type %q", kind)
	}
	name, data, err := formFile(c, "media")
	if err != nil {
		return file{}, refuse(41005, "media data missing: %v", err)
	}
	switch {
	case len(data) <= 5:
		return file{}, refuse(40006, "invalid file size %d", len(data))
	case len(data) > limit:
		return file{}, refuse(45001, "media size %d out of limit %d", len(data), limit)
	case !fits(kind, data):
		return file{}, refuse(40004, "the file is no %s", kind)
	case name == "":
		return file{}, refuse(41005, "media data missing: no filename")
	}
	return file{kind: kind, name: name, data: data}, nil
}

func formFile(c *apiCall, field string) (name string, data []byte, err error) {
	boundary := ""
	if _, params, found := strings.Cut(c.Header.Get("Content-Type"), "boundary="); found {
		boundary = strings.Trim(params, `"`)
	}
	if !strings.HasPrefix(c.Header.Get("Content-Type"), "multipart/form-data") || boundary == "" {
		return "", nil, http.ErrNotMultipart
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), boundary)
	for {
		p, err := parts.NextPart()
		if err != nil {
			return "", nil, err
		}
		if p.FormName() != field {
			continue
		}
		data, err = io.ReadAll(p)
		return p.FileName(), data, err
	}
}

// fits tells whether data begins as files of that kind do.
func fits(kind string, data []byte) bool {
	switch kind {
	case "image":
		return bytes.HasPrefix(data, []byte("\xff\xd8\xff")) || bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
	case "voice":
		return bytes.HasPrefix(data, []byte("#!AMR")) || bytes.HasPrefix(data, []byte("OggS")) || bytes.HasPrefix(data, []byte("ID3"))
	case "video":
		return len(data) > 12 && string(data[4:8]) == "ftyp"
	default:
		return true
	}
}

// download is the answer with a file's bytes.
func download(f file) answer {
	kind := http.DetectContentType(f.data)
	if f.kind == "file" {
		kind = "application/octet-stream"
	}
	escaped := url.PathEscape(f.name)
	return answer{
		status: http.StatusOK, body: f.data, code: "0",
		header: http.Header{
			"Content-Type":        {kind},
			"Content-Disposition": {`attachment; filename="` + escaped + `"; filename*=UTF-8''` + escaped},
			"Content-Length":      {strconv.Itoa(len(f.data))},
		},
	}
}

// imageName names a picture whose sender gave none.
func imageName(id string, data []byte) string {
	if bytes.HasPrefix(data, []byte("\x89PNG")) {
		return path.Base(id) + ".png"
	}
	return path.Base(id) + ".jpg"
}
