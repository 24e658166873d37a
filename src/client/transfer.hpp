#pragma once

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "client/http_message.hpp"
#include "ops/result.hpp"

namespace ops::client {

/// Whether a server is asked for leave before it gets a file ("Expect: 100-continue"). It is,
/// however small the file: its refusal is read for sure then, which is not so once sending has
/// begun.
enum class Leave { ask, take };

/// One request on its way: what libcurl calls back, and what came of it. Whoever owns it runs
/// handle().
class Transfer {
 public:
  /// `unread` gets what had come and nobody had read when a connection was closed. As connections
  /// are kept between transfers, it must outlive them all; `request` must outlive this.
  Transfer(const HttpRequest& request, Leave leave, std::string& unread);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() = default;

  [[nodiscard]] CURL* handle() const { return easy_.get(); }

  /// Once libcurl is at the end of it.
  [[nodiscard]] Result<HttpResponse, HttpFailure> outcome(CURLcode code);
  /// Where it was given up.
  [[nodiscard]] HttpFailure timed_out() const;

 private:
  enum class Stop { none, enough, too_large };
  struct FreeEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle(), option, value);
  }
  void set_connection();
  void set_limits();
  void set_message(Leave leave);
  void set_callbacks();
  void add_field(const std::string& field);

  static std::size_t header_callback(char* bytes, std::size_t, std::size_t count, void* self);
  static std::size_t body_callback(char* bytes, std::size_t, std::size_t count, void* self);
  static std::size_t read_callback(char* bytes, std::size_t, std::size_t room, void* self);
  static int seek_callback(void* self, curl_off_t offset, int);
  static int close_callback(void* unread, curl_socket_t socket);

  [[nodiscard]] std::size_t on_header(std::string_view line);
  [[nodiscard]] std::size_t on_body(std::string_view bytes);
  [[nodiscard]] std::size_t on_read(char* bytes, std::size_t room);

  [[nodiscard]] bool sends_body() const { return request_.file || !request_.body.empty(); }
  [[nodiscard]] bool has_sent() const;
  [[nodiscard]] int status() const;
  [[nodiscard]] HttpFailureKind kind_of(CURLcode code) const;
  [[nodiscard]] std::string reason(CURLcode code) const;

  const HttpRequest& request_;
  std::string& unread_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::array<char, CURL_ERROR_SIZE> reason_{};
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  std::uint64_t sent_ = 0;
  Stop stop_ = Stop::none;
};

}  // namespace ops::client
