#!/bin/bash
#SBATCH -D /scratch/ana
#SBATCH --input=data/in.txt --output=/dev/null
#SBATCH --error=errors/%u_%N_%6j.txt
#SBATCH --open-mode=append
./filter
