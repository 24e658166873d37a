#pragma once

#include <cstddef>
#include <cstdint>

// The fields of PKWARE's APPNOTE that are read here.
namespace ops::archive::format {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t descriptor_signature = 0x08074b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t zip64_locator_signature = 0x07064b50;

constexpr std::size_t local_size = 30;
constexpr std::size_t descriptor_size = 16;
constexpr std::size_t end_size = 22;
constexpr std::size_t zip64_locator_size = 20;
constexpr std::size_t longest_comment = 0xffff;

constexpr std::uint16_t flag_encrypted = 0x0001;
constexpr std::uint16_t flag_descriptor = 0x0008;  // sizes and CRC follow the data
constexpr std::uint16_t flag_strong_encryption = 0x0040;
constexpr std::uint16_t flag_utf8 = 0x0800;
constexpr std::uint16_t flag_masked_headers = 0x2000;
constexpr std::uint16_t flags_deflate_level = 0x0006;

constexpr std::uint16_t method_stored = 0;
constexpr std::uint16_t method_deflated = 8;

constexpr std::uint16_t extra_zip64 = 0x0001;
constexpr std::uint16_t extra_unicode_path = 0x7075;

// These stand where the true value is in a ZIP64 record.
constexpr std::uint16_t elsewhere16 = 0xffff;
constexpr std::uint32_t elsewhere32 = 0xffffffff;

}  // namespace ops::archive::format
