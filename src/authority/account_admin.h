#pragma once
// Accounts under an administrator's hand: add, disable, enable, set a password. Disabling and a new
// password end all sessions in the same transaction. Called on the loop's thread; answers come on a
// pool's or the writer's.

#include <string>

#include "authority/core.h"

namespace rescind::authority {

class AccountAdmin {
 public:
  explicit AccountAdmin(const Core& core) : core_(core) {}

  struct NewAccount {
    std::string name;
    std::string email;
    Secret password;  // empty: cannot sign in by password
    bool administrator = false;
    std::string actor;
  };
  // kConflict: the name is taken. kInvalid: the password will not do.
  void add(NewAccount account, Done<store::Account> done);

  struct Change {
    std::string id;
    std::string actor;
  };
  // kNotFound; kConflict: the last enabled administrator would be locked out.
  void disable(Change change, Done<store::Account> done);
  void enable(Change change, Done<store::Account> done);
  void set_password(Change change, Secret password, Done<store::Account> done);

 private:
  using Edit = std::move_only_function<Result<void>(store::Transaction&, store::Account&)>;
  void edit(Change change, Edit edit, Done<store::Account> done);
  void insert(NewAccount account, std::string hash, Done<store::Account> done);

  const Core& core_;
};

}  // namespace rescind::authority
