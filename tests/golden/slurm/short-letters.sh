#!/bin/bash -l
#SBATCH -J short -n 1 -c 4 -t 90 -p general -A clima
#SBATCH -o out.%j -e err.%j
./program
