// Shell completion, made from the same table of subcommands and options that parses the command line.
#include <functional>
#include <iostream>
#include <map>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"

namespace sluis::cli {
namespace {

using Words = std::map<std::string, std::string>;  // "sluis records get" -> "--purpose --case …"

void collect(const CLI::App& app, const std::string& path, Words& words) {
  std::string& list = words[path];
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    list += sub->get_name() + ' ';
    collect(*sub, path + ' ' + sub->get_name(), words);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) list += "--" + name + ' ';
  }
}

std::string cases(const Words& words) {
  std::string out;
  for (const auto& [path, list] : words) out += "    \"" + path + "\") words=\"" + list + "\";;\n";
  return out;
}

// The path is what was typed up to the cursor, without options: unknown words (values) leave it where it is.
constexpr const char* kPathStep = R"(
  local path=sluis word next
  for word in "${typed[@]}"; do
    next="$path $word"
    case "$known" in *"|$next|"*) path="$next";; esac
  done
)";

std::string known(const Words& words) {
  std::string out = "|";
  for (const auto& [path, list] : words) out += path + '|';
  return out;
}

std::string bash(const Words& words) {
  return "# bash completion of sluis\n_sluis() {\n  local words known='" + known(words) +
         "'\n  local -a typed=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")" + kPathStep + "  case \"$path\" in\n" +
         cases(words) +
         "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
         "complete -o filenames -F _sluis sluis\n";
}

std::string zsh(const Words& words) {
  return "#compdef sluis\n_sluis() {\n  local words_list known='" + known(words) +
         "'\n  local -a typed=(\"${(@)words[2,CURRENT-1]}\")" + kPathStep +
         "  local words=\"\"\n  case \"$path\" in\n" + cases(words) +
         "  esac\n  compadd -- ${=words}\n  _files\n}\ncompdef _sluis sluis\n";
}

std::string fish(const Words& words) {
  std::string out = "# fish completion of sluis\n";
  for (const auto& [path, list] : words) {
    std::string condition = "true";
    std::string part;
    for (std::size_t at = path.find(' '); at != std::string::npos;) {
      const std::size_t end = path.find(' ', at + 1);
      condition +=
          "; and __fish_seen_subcommand_from " + path.substr(at + 1, end == std::string::npos ? end : end - at - 1);
      at = end;
    }
    out += "complete -c sluis -n '" + condition + "' -a '" + list + "'\n";
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app) {
  auto* command = app.add_subcommand("completion", "print the completion script of a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("\nExample:\n  sluis completion bash > /etc/bash_completion.d/sluis");
  command->callback([&app, shell] {
    Words words;
    collect(app, "sluis", words);
    const std::map<std::string, std::string (*)(const Words&)> makers{{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    std::cout << makers.at(*shell)(words);
  });
}

}  // namespace sluis::cli
