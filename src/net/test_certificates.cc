#include "net/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace rescind::net {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

std::string text_of(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_of(bio);
}

void set_name(X509_NAME* name, const std::string& text) {
  CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1,
                                   0) == 1);
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

CertificatePtr make(const std::string& subject, EVP_PKEY* key, long serial) {
  CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  set_name(X509_get_subject_name(certificate.get()), subject);
  return certificate;
}

}  // namespace

struct TestAuthority::Parts {
  KeyPtr key{EVP_EC_gen("P-256")};
  CertificatePtr certificate = make("Rescind test authority", key.get(), 1);
  std::string pem;
};

TestAuthority::TestAuthority() : parts_(std::make_unique<Parts>()) {
  X509* certificate = parts_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  CHECK(X509_sign(certificate, parts_->key.get(), EVP_sha256()) > 0);
  parts_->pem = to_pem(certificate);
}

TestAuthority::~TestAuthority() = default;

const std::string& TestAuthority::pem() const { return parts_->pem; }

TestCertificate TestAuthority::issue(const std::string& names) const {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const CertificatePtr certificate = make("Rescind test server", key.get(), 2);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(parts_->certificate.get()));
  add_extension(certificate.get(), NID_subject_alt_name, names);
  CHECK(X509_sign(certificate.get(), parts_->key.get(), EVP_sha256()) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return {.pem = to_pem(certificate.get()), .key = Secret(text_of(bio))};
}

}  // namespace rescind::net
