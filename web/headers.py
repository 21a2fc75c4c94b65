"""Security headers of every answer: nothing inline, nothing from elsewhere, framed by nobody."""

from starlette.datastructures import MutableHeaders

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), geolocation=(self)",
    "Cache-Control": "private, no-cache",
}


def secure(headers: MutableHeaders, site_url: str) -> None:
    """Adds what is missing; an answer that set a header of its own keeps it. ``site_url`` is the house's public address."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if site_url.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    headers.add_vary_header("Cookie")
    headers.add_vary_header("Accept-Language")
