/** The scripts by which shells ask `muster complete` for candidates. They hold no names: those are asked for at each key. */
export const SCRIPTS = {
  bash: `# Completion of muster for bash: eval "$(muster completion bash)" in ~/.bashrc
_muster() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ $word == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$word")
    fi
  done < <(muster complete bash -- "\${COMP_LINE:0:COMP_POINT}" "\${COMP_WORDS[COMP_CWORD]}" 2>/dev/null </dev/null)
}
complete -o nosort -F _muster muster 2>/dev/null || complete -F _muster muster
`,
  zsh: `#compdef muster
# Completion of muster for zsh: eval "$(muster completion zsh)" in ~/.zshrc, behind compinit
_muster() {
  local line files
  local -i ret=1
  local -a found
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
    elif [[ $line == *$'\t'* ]]; then
      found+=("\${\${line%%$'\t'*}//:/\\\\:}:\${line#*$'\t'}")
    else
      found+=("\${line//:/\\\\:}")
    fi
  done < <(muster complete zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)
  (( $#found )) && _describe -V muster found && ret=0
  [[ -n $files ]] && _files && ret=0
  return ret
}
if [[ $funcstack[1] == _muster ]]; then
  _muster "$@"
else
  compdef _muster muster
fi
`,
  fish: `# Completion of muster for fish: muster completion fish > ~/.config/fish/completions/muster.fish
function __muster_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in (muster complete fish -- $words[2..-1] "$word" 2>/dev/null </dev/null)
        if test "$line" = :files
            __fish_complete_path "$word"
        else
            echo $line
        end
    end
end
complete -c muster -f -a '(__muster_complete)'
`,
} as const

export type Shell = keyof typeof SCRIPTS
export const SHELLS = Object.keys(SCRIPTS) as readonly Shell[]
