package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orderbot/cards"
	"orderbot/orders"
)

// ReportSource finds the report behind a link's token: CodeNotFound where it is unknown or not released.
type ReportSource interface {
	ReportByLink(ctx context.Context, token string) (*orders.HealthReport, error)
}

// ReportPage serves /r/TOKEN, the PDF file of a monthly report that was released. Whoever has the link sees it, so it holds what the customer
// may see and nothing more.
type ReportPage struct {
	Reports ReportSource
	Logger  *slog.Logger
}

// Register adds the page to r.
func (p *ReportPage) Register(r fiber.Router) { r.Get("/r/:token", p.get) }

func (p *ReportPage) get(c *fiber.Ctx) error {
	guard(c)
	ctx, cancel := context.WithTimeout(c.UserContext(), 5*time.Second)
	defer cancel()
	r, err := p.Reports.ReportByLink(ctx, strings.Clone(c.Params("token")))
	switch {
	case orders.ErrorCode(err) == orders.CodeNotFound:
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.Status(http.StatusNotFound).SendString("链接不存在或已失效，请在服务号里发「健康报告」")
	case err != nil:
		p.Logger.Error("report page", "error", err)
		return c.SendStatus(http.StatusServiceUnavailable)
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	return c.Send(cards.ReportFile(r).Data)
}
