#include "http1/message_reader.hpp"

#include <llhttp.h>

#include "http1/request_target.hpp"

namespace ops::http1 {
namespace {

/// Whether a comma-separated list has that token.
bool lists(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (same_token(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

/// What llhttp leaves to others. The wish to close is read here, because llhttp 8.1.0 overlooks a
/// "close" with a tab after it.
void read_wishes(RequestHead& head) {
  bool close = false;
  bool keep_alive = false;
  for (const Field& field : head.fields) {
    if (same_token(field.name, "connection")) {
      close = close || lists(field.value, "close");
      keep_alive = keep_alive || lists(field.value, "keep-alive");
    } else if (same_token(field.name, "expect")) {
      head.expects_continue = !head.is_1_0;
    }
  }
  head.keep_alive = !close && (keep_alive || !head.is_1_0);
}

}  // namespace

struct MessageReader::Engine {
  llhttp_t parser{};
  RequestHead* head = nullptr;
  std::string_view target;
  std::uint64_t body_bytes = 0;
  bool head_complete = false;
  bool complete = false;

  static Engine& of(llhttp_t* parser) { return *static_cast<Engine*>(parser->data); }

  static int on_url(llhttp_t* parser, const char* at, std::size_t length) {
    of(parser).target = {at, length};
    return 0;
  }
  static int on_field(llhttp_t* parser, const char* at, std::size_t length) {
    of(parser).head->fields.push_back({{at, length}, {}});
    return 0;
  }
  static int on_value(llhttp_t* parser, const char* at, std::size_t length) {
    of(parser).head->fields.back().value = trimmed({at, length});
    return 0;
  }
  static int on_head(llhttp_t* parser) {
    of(parser).head_complete = true;
    // The offer of another protocol is not taken up: what follows is HTTP/1.1 as before.
    parser->upgrade = 0;
    return 0;
  }
  static int on_body(llhttp_t* parser, const char* /*at*/, std::size_t length) {
    of(parser).body_bytes += length;
    return 0;
  }
  static int on_complete(llhttp_t* parser) {
    of(parser).complete = true;
    return 0;
  }

  static llhttp_settings_t make_settings() {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_header_field = on_field;
    settings.on_header_value = on_value;
    settings.on_headers_complete = on_head;
    settings.on_body = on_body;
    settings.on_message_complete = on_complete;
    return settings;
  }

  void restart(RequestHead& into) {
    static const llhttp_settings_t settings = make_settings();
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = this;
    head = &into;
    target = {};
    body_bytes = 0;
    head_complete = complete = false;
  }

  bool execute(std::string_view bytes) {
    return llhttp_execute(&parser, bytes.data(), bytes.size()) == HPE_OK;
  }
};

MessageReader::MessageReader() : engine_(std::make_unique<Engine>()) {}

MessageReader::~MessageReader() = default;

bool MessageReader::read_head(std::string_view bytes, RequestHead& head) {
  // The vector's memory is kept from request to request.
  head.fields.clear();
  engine_->restart(head);
  if (!engine_->execute(bytes) || !engine_->head_complete) return false;
  const llhttp_t& parser = engine_->parser;
  const RequestTarget target = split_target(engine_->target);
  head.method = bytes.substr(0, bytes.find(' '));
  head.path = target.path;
  head.query = target.query;
  head.absolute_target = target.absolute;
  head.is_1_0 = parser.http_major == 1 && parser.http_minor == 0;
  // A message that has ended with its head has had its flags cleared: then there is no body.
  head.framing = engine_->complete                 ? RequestHead::Framing::none
                 : (parser.flags & F_CHUNKED) != 0 ? RequestHead::Framing::chunked
                                                   : RequestHead::Framing::length;
  head.content_length = head.framing == RequestHead::Framing::length ? parser.content_length : 0;
  head.expects_continue = false;
  read_wishes(head);
  return true;
}

bool MessageReader::read_on(std::string_view bytes) { return engine_->execute(bytes); }

std::uint64_t MessageReader::remaining() const { return engine_->parser.content_length; }

std::uint64_t MessageReader::body_bytes() const { return engine_->body_bytes; }

bool MessageReader::complete() const { return engine_->complete; }

}  // namespace ops::http1
