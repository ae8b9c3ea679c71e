// Random policies and random requests, from fixed seeds: what must hold for all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/actions.h"
#include "policy/explain.h"
#include "policy/rules.h"
#include "support.h"

namespace sluis::policy {
namespace {

constexpr int most_principals = 8;

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  // One of "p0" to "p<limit - 1>".
  std::string name(const std::string& prefix, int limit) { return prefix + std::to_string(below(limit)); }
  // A TOML list of one or more different names, or sometimes "*".
  std::string list(const std::string& prefix, int limit) {
    if (below(4) == 0) return "['*']";
    std::string out = "[";
    const int first = below(limit);
    for (int i = first; i < std::min(limit, first + 1 + below(3)); ++i) out += "'" + prefix + std::to_string(i) + "',";
    return out + "]";
  }

 private:
  std::mt19937 random_;
};

// "none" is a backend and no grant is to it or to its role: grants go to p0 to p7 by name, and to the auditors' role.
std::string random_policy(Dice& dice) {
  std::string text = "purposes = ['u0', 'u1', 'u2']\n[[principal]]\nname='none'\nuri='urn:none'\nroles=['backend']\n";
  for (int i = 0; i < most_principals; ++i)
    text += "[[principal]]\nname='p" + std::to_string(i) + "'\nuri='urn:" + std::to_string(i) + "'\nroles=['" +
            (i % 2 == 0 ? "backend" : "auditor") + "']\n";
  const int grants = dice.below(12);
  for (int g = 0; g < grants; ++g) {
    text += "[[grant]]\nname='g" + std::to_string(g) + "'\n";
    if (dice.below(4) == 0) {
      text += "to=['role:auditor']\nactions=['audit.read','keys.*']\nkeys=" + dice.list("k", 4) + "\n";
      continue;
    }
    text += "to=['p" + std::to_string(2 * dice.below(4)) + "']\nactions=['records." +
            (dice.below(3) == 0 ? "*" : "read") + "']\ncollections=" + dice.list("c", 4) +
            "\nfields=" + dice.list("f", 6) + "\npurposes=" + dice.list("u", 3) + "\n";
    if (dice.below(3) == 0) text += "case_required=true\n";
  }
  return text;
}

struct Question {
  std::string who, action, collection, key, purpose, case_reference;
  Request request(const Policy& policy) const {
    return {policy.principal_named(who), action, collection, key, purpose, case_reference};
  }
};

Question random_question(Dice& dice) {
  const auto all = actions();
  const std::string action(all[static_cast<std::size_t>(dice.below(static_cast<int>(all.size())))].name);
  return {dice.name("p", most_principals + 1),          dice.below(20) == 0 ? "records.*" : action,
          dice.below(10) == 0 ? "" : dice.name("c", 5), dice.below(10) == 0 ? "" : dice.name("k", 5),
          dice.below(5) == 0 ? "" : dice.name("u", 4),  dice.below(2) == 0 ? "" : "case"};
}

TEST(Property, WithoutAGrantNothingIsEverAllowed) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Dice dice(seed);
    const auto policy = load_good(random_policy(dice));
    ASSERT_NE(policy, nullptr);
    for (int i = 0; i < 300; ++i) {
      Question question = random_question(dice);
      question.who = dice.below(2) == 0 ? "none" : "unknown";
      const Decision decision = policy->decide(question.request(*policy));
      ASSERT_FALSE(decision.allowed) << question.action;
      ASSERT_EQ(decision.rule, "default");
      ASSERT_FALSE(decision.reason.empty());
      ASSERT_TRUE(decision.fields.names.empty() && !decision.fields.all);
    }
  }
}

bool covers(const Names& names, const std::string& name) {
  return names.all || std::find(names.names.begin(), names.names.end(), name) != names.names.end();
}

// The rules of docs/policy.md once more, in the plainest way: of one grant, for one question.
bool allows(const RuleData& data, const Grant& grant, const Question& question) {
  const auto row = std::find_if(data.principals.begin(), data.principals.end(),
                                [&](const PrincipalRow& r) { return r.who.name == question.who; });
  const Action* action = action_named(question.action);
  if (row == data.principals.end() || action == nullptr) return false;
  const Role role = *row->who.roles.begin();
  const auto itself = static_cast<Subject>(first_principal + (row - data.principals.begin()));
  const bool is_to = std::any_of(grant.to.begin(), grant.to.end(),
                                 [&](Subject s) { return s == itself || s == static_cast<Subject>(role); });
  const bool names_action =
      std::find(grant.actions.begin(), grant.actions.end(), index_of(*action)) != grant.actions.end();
  if (!is_to || !names_action || (action->roles & mask(role)) == 0) return false;
  if (action->scope == Scope::collection && !covers(grant.collections, question.collection)) return false;
  if (action->scope == Scope::key && !covers(grant.keys, question.key)) return false;
  if (!question.purpose.empty() && data.purposes.count(question.purpose) == 0) return false;
  if (grant.needs_purpose && (question.purpose.empty() || !covers(grant.purposes, question.purpose))) return false;
  return !grant.needs_case || !question.case_reference.empty();
}

// The index finds exactly what looking at each grant in turn finds.
TEST(Property, DecideAgreesWithEveryGrantTestedAlone) {
  int allowed = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    Dice dice(seed);
    const auto policy = load_good(random_policy(dice));
    ASSERT_NE(policy, nullptr);
    const RuleData& data = dynamic_cast<const Rules&>(*policy).data();
    for (int i = 0; i < 800; ++i) {
      const Question question = random_question(dice);
      std::string rule = "default";
      FieldSet fields;
      for (const Grant& grant : data.grants) {
        if (!allows(data, grant, question)) continue;
        if (rule == "default") rule = grant.name;
        fields.all = fields.all || grant.fields.all;
        fields.names.insert(grant.fields.names.begin(), grant.fields.names.end());
      }
      const Decision decision = policy->decide(question.request(*policy));
      ASSERT_EQ(decision.rule, rule) << question.action;
      ASSERT_EQ(decision.allowed, rule != "default");
      ASSERT_EQ(decision.reason.empty(), decision.allowed);
      allowed += decision.allowed ? 1 : 0;
      const Action* action = action_named(question.action);
      if (action == nullptr || !action->takes_fields()) fields = {};
      ASSERT_EQ(decision.fields.all, fields.all);
      ASSERT_EQ(decision.fields.names, fields.names);
    }
  }
  EXPECT_GT(allowed, 500);  // the questions are not all refused
}

TEST(Property, ExplanationsAgreeWithDecisions) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    Dice dice(seed);
    const auto policy = load_good(random_policy(dice));
    ASSERT_NE(policy, nullptr);
    for (int i = 0; i < 100; ++i) {
      const Question question = random_question(dice);
      const Decision decision = policy->decide(question.request(*policy));
      const auto lines = explain(*policy, question.request(*policy));
      const auto first = std::find_if(lines.begin(), lines.end(),
                                      [](const ExplainLine& line) { return line.verdict == Verdict::applies; });
      ASSERT_NE(first, lines.end());
      ASSERT_EQ(first->rule, decision.rule);
    }
  }
}

// Whatever is cut from, put into or swapped in a file: it is refused with a place, or it is a policy.
TEST(Property, DamagedFilesAreRefusedOrGoodButNeverACrash) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string text(small_policy);
    for (std::size_t n = below(3) + 1; n > 0; --n) {
      const std::size_t at = below(text.size());
      if (below(3) == 0) text.erase(at, below(40));
      if (below(3) == 0) text.insert(at, text.substr(below(text.size()), below(40)));
      if (below(3) == 0) text[at < text.size() ? at : 0] = static_cast<char>(below(256));
    }
    const Loaded loaded = load_text(text, "p");
    ASSERT_EQ(loaded.policy == nullptr, !loaded.errors.empty());
    for (const LoadError& error : loaded.errors) {
      ASSERT_GT(error.line, 0U);
      ASSERT_GT(error.column, 0U);
      ASSERT_FALSE(error.message.empty());
    }
    refused += loaded.errors.empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace sluis::policy
